package disk

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"notionproxy/cache"
	"notionproxy/cache/seal"
	"notionproxy/notion"
)

// An event is one line of the log.
type event struct {
	kind eventKind
	seq  uint64
	at   int64 // Unix seconds; in the future for what Notion carries out later
	born int64 // entries that were asked for then, in Unix seconds, or later are spared; 0 spares none

	// Of drops and intents.
	reach      cache.DropReach
	certain    bool
	owner      hash
	workspace  hash
	capability string
	operation  hash     // 0 for any
	whose      []string // beginnings of owners' digests, and botWord; nil for everybody
	hashes     []hash   // of tags, or of what is named

	intent uint64 // the number of the intent that begins or has ended, or of news
	place  string // in the news of other processes, of what was heard
	news   []byte // that are untold
}

type eventKind byte

const (
	dropped  eventKind = iota + 1
	intended           // a write is about to leave: unless its end follows, it may have been carried out
	ended
	heard  // what other processes dropped, up to a place; to earlier versions, damage
	untold // news that other processes are to be told; the same
	told   // they were
)

// eventOf is a drop in the words of the log, under one secret's names.
func eventOf(k *seal.Keys, d cache.Drop) event {
	e := event{kind: dropped, at: d.At.Unix(), reach: d.Reach, certain: d.Certain}
	if !d.Changed.IsZero() {
		e.born = d.SparedFrom().Unix() + 1
	}
	if d.Reach == cache.Everyone {
		e.workspace = workspaceHash(k, d.Workspace) // which earlier versions take for all workspaces
		e.choose(k, d.Which)
		return e
	}
	e.owner, e.workspace = ownerHash(k, d.Owner), workspaceHash(k, d.Workspace)
	if d.Reach == cache.Own {
		e.capability = string(d.Capability)
		for _, id := range d.Named {
			e.hashes = append(e.hashes, idHash(k, id))
		}
		if d.Key != (cache.Key{}) {
			e.hashes = append(e.hashes, keyHash(k, d.Key))
		}
		return e
	}
	for _, tag := range d.Tags {
		e.hashes = append(e.hashes, tagHash(k, tag))
	}
	return e
}

// choose narrows a drop to what is meant.
func (e *event) choose(k *seal.Keys, which cache.Selection) {
	e.whose = which.Owners
	if which.Bot != "" {
		e.whose = append(slices.Clone(which.Owners), botWord(botHash(k, which.Bot)))
	}
	if which.Operation != "" {
		e.operation = operationHash(k, which.Operation)
	}
	if which.Object.IsZero() {
		return
	}
	e.hashes = append(e.hashes, idHash(k, which.Object))
	for role := notion.Shows; role <= notion.Anywhere; role++ {
		e.hashes = append(e.hashes, tagHash(k, notion.Tag{Role: role, ID: which.Object}))
	}
}

// botWord is what stands for a bot among beginnings of digests: it begins none.
func botWord(bot hash) string { return botWords + strconv.FormatUint(uint64(bot), 16) }

const botWords = "bot:"

// isAll says whether e hits everything that was kept before.
func (e *event) isAll() bool {
	return e.reach == cache.Everyone && e.workspace == 0 && e.operation == 0 && e.whose == nil && len(e.hashes) == 0
}

func (e event) append(b []byte) []byte {
	text := e.capability
	if e.kind == heard {
		text = e.place
	}
	b = append(b, byte(e.kind), byte(e.reach), flag(e.certain))
	b = binary.BigEndian.AppendUint64(b, e.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(e.at))
	b = binary.BigEndian.AppendUint64(b, uint64(e.born))
	b = binary.BigEndian.AppendUint64(b, e.intent)
	b = binary.BigEndian.AppendUint64(b, uint64(e.owner))
	b = binary.BigEndian.AppendUint64(b, uint64(e.workspace))
	b = binary.BigEndian.AppendUint64(b, uint64(e.operation))
	b = append(b, flag(e.whose != nil), byte(len(text)))
	b = append(b, text...)
	whose := strings.Join(e.whose, ",")
	b = binary.BigEndian.AppendUint32(b, uint32(len(whose)))
	b = append(b, whose...)
	for _, h := range e.hashes {
		b = binary.BigEndian.AppendUint64(b, uint64(h))
	}
	return append(b, e.news...)
}

const fixedEvent = 3 + 7*8 + 2 + 4

func readEvent(b []byte) (e event, ok bool) {
	if len(b) < fixedEvent {
		return e, false
	}
	e.kind, e.reach, e.certain = eventKind(b[0]), cache.DropReach(b[1]), b[2] != 0
	e.seq = binary.BigEndian.Uint64(b[3:])
	e.at = int64(binary.BigEndian.Uint64(b[11:]))
	e.born = int64(binary.BigEndian.Uint64(b[19:]))
	e.intent = binary.BigEndian.Uint64(b[27:])
	e.owner = hash(binary.BigEndian.Uint64(b[35:]))
	e.workspace = hash(binary.BigEndian.Uint64(b[43:]))
	e.operation = hash(binary.BigEndian.Uint64(b[51:]))
	rest := b[61:]
	n := int(b[60])
	if n+4 > len(rest) {
		return e, false
	}
	if e.kind == heard {
		e.place, rest = string(rest[:n]), rest[n:]
	} else {
		e.capability, rest = string(rest[:n]), rest[n:]
	}
	length := binary.BigEndian.Uint32(rest)
	if rest = rest[4:]; uint64(length) > uint64(len(rest)) {
		return e, false
	}
	if b[59] != 0 {
		e.whose = strings.Split(string(rest[:length]), ",")
	}
	rest = rest[length:]
	if e.kind == untold {
		e.news = rest
		return e, true
	}
	if len(rest)%8 != 0 {
		return e, false
	}
	for ; len(rest) > 0; rest = rest[8:] {
		e.hashes = append(e.hashes, hash(binary.BigEndian.Uint64(rest)))
	}
	return e, e.kind >= dropped && e.kind <= told
}
