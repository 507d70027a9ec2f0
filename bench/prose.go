package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// prose writes one answer's worth of what people put into Notion. It packs
// about as well as that does: to a sixth.
type prose struct {
	*rand.Rand
	parent   string // of everything in the answer
	database string // above that
	people   []string
}

func newProse(seed uint64) *prose {
	p := &prose{Rand: rand.New(rand.NewPCG(seed, 1))}
	p.parent, p.database = p.id(), p.id()
	p.people = []string{p.id(), p.id(), p.id()}
	return p
}

func (p *prose) id() string {
	a, b := p.Uint64(), p.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&0xffffffffffff)
}

// undashed is an id as URLs have it.
func (p *prose) undashed() string { return strings.ReplaceAll(p.id(), "-", "") }

func (p *prose) person() string { return p.people[p.IntN(len(p.people))] }

// origin is how every object begins: its id, when it was made, and by whom.
func (p *prose) origin() string {
	return fmt.Sprintf(`"id":%q,"created_time":%q,"last_edited_time":%q,"created_by":{"object":"user","id":%q},"last_edited_by":{"object":"user","id":%q}`,
		p.id(), p.time(), p.time(), p.person(), p.person())
}

func (p *prose) time() string {
	return fmt.Sprintf("2026-%02d-%02dT%02d:%02d:00.000Z", 1+p.IntN(9), 1+p.IntN(28), p.IntN(24), p.IntN(60))
}

// Bytes of one stretch of rich text, and what of them is not text.
const (
	stretch = 800
	frame   = 215
)

// richText takes about so many bytes more than richText(0) does.
func (p *prose) richText(bytes int) string {
	runs := []string{p.run(20)}
	for left := (bytes + stretch/2) / stretch; left > 0; left-- {
		next := p.run((bytes/left - frame) / 2) // every text stands in it twice
		runs = append(runs, next)
		bytes -= len(next) + 1
	}
	return "[" + strings.Join(runs, ",") + "]"
}

func (p *prose) run(length int) string {
	text := p.text(length)
	return fmt.Sprintf(`{"type":"text","text":{"content":%q,"link":null},"annotations":{"bold":false,"italic":false,"strikethrough":false,"underline":false,"code":false,"color":"default"},"plain_text":%q,"href":null}`, text, text)
}

var syllables = strings.Fields(`an ber con da el fo ga her in ja ket la men no or pla que re so ta un ver
	wa xi yo zen ment tion ing ed ly ous ship form post lane page sync note plan cal due own`)

func (p *prose) text(length int) string {
	var b strings.Builder
	for b.Len() < length {
		for range 1 + p.IntN(3) {
			b.WriteString(syllables[p.IntN(len(syllables))])
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}
