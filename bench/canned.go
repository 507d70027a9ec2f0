package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
)

// A canned answer is what Notion says to a question, in both forms.
type canned struct {
	plain, packed []byte
}

// body is the answer in the form that the question names.
func (c canned) body(q question) []byte {
	if q.packed {
		return c.packed
	}
	return c.plain
}

// variants is how many answers each shape has. With one alone, whatever is
// kept by the ids in answers would be kept in one place.
const variants = 32

// seed is what the answer is cooked from.
func (q question) seed() uint64 { return uint64(q.shape)<<32 | q.number%variants }

// A pantry has the answers to all questions.
type pantry [][variants]canned

// newPantry cooks them. The same ones come out every time.
func newPantry() pantry {
	p := make(pantry, len(shapes))
	for i, s := range shapes {
		for n := range uint64(variants) {
			p[i][n] = can(s, question{shape: i, number: n}.seed())
		}
	}
	return p
}

func (p pantry) answer(q question) []byte {
	return p[q.shape][q.number%variants].body(q)
}

// can cooks one answer: first without text, to see how much text is wanted.
func can(s shape, seed uint64) canned {
	plain := cook(s, seed, 0)
	if s.items > 0 {
		plain = cook(s, seed, (s.bytes-len(plain))/s.items)
	}
	return canned{plain: []byte(plain), packed: pack(plain)}
}

func pack(plain string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(plain)) // into memory
	_ = z.Close()
	return b.Bytes()
}

// cook writes an answer whose items have about so many bytes of text each.
func cook(s shape, seed uint64, text int) string {
	p := newProse(seed)
	if s.items == 0 {
		return fmt.Sprintf(`{"object":"page",%s,"cover":null,"icon":null,"parent":{"type":"page_id","page_id":%q},"in_trash":false,"properties":{"title":{"id":"title","type":"title","title":[]}},"url":"https://www.notion.so/%s","public_url":null,"request_id":%q}`,
			p.origin(), p.id(), p.undashed(), p.id())
	}
	items := make([]string, s.items)
	for i := range items {
		items[i] = s.item(p, text)
	}
	return fmt.Sprintf(`{"object":"list","results":[%s],"next_cursor":null,"has_more":false,"type":"page_or_block","page_or_block":{},"request_id":%q}`,
		strings.Join(items, ","), p.id())
}

func aBlock(p *prose, text int) string {
	return fmt.Sprintf(`{"object":"block",%s,"parent":{"type":"page_id","page_id":%q},"has_children":false,"in_trash":false,"type":"paragraph","paragraph":{"rich_text":%s,"icon":null,"color":"default"}}`,
		p.origin(), p.parent, p.richText(text))
}

func aRow(p *prose, text int) string {
	return fmt.Sprintf(`{"object":"page",%s,"cover":null,"icon":null,"parent":{"type":"data_source_id","data_source_id":%q,"database_id":%q},"in_trash":false,"is_locked":false,"properties":{"Due":{"id":"M%%3BBw","type":"date","date":{"start":"2026-09-%02d","end":null,"time_zone":null}},"Status":{"id":"Z%%3ClH","type":"select","select":{"id":%q,"name":"In progress","color":"blue"}},"Notes":{"id":"eB_%%7D","type":"rich_text","rich_text":%s},"Blocks":{"id":"x%%5Eo%%3A","type":"relation","relation":[{"id":%q}],"has_more":false},"Name":{"id":"title","type":"title","title":%s}},"url":"https://www.notion.so/%s","public_url":null}`,
		p.origin(), p.parent, p.database, 1+p.IntN(28), p.id(), p.richText(text), p.id(), p.richText(0), p.undashed())
}
