package disk

import (
	"encoding/binary"

	"notionproxy/cache"
	"notionproxy/cache/seal"
)

// An event is one line of the log.
type event struct {
	kind eventKind
	seq  uint64
	at   int64 // Unix seconds

	// Of drops and intents.
	reach      cache.DropReach
	certain    bool
	owner      hash
	workspace  hash
	capability string
	hashes     []hash // of tags, or of what is named

	intent uint64 // the number of the intent that begins or has ended
}

type eventKind byte

const (
	dropped  eventKind = iota + 1
	intended           // a write is about to leave: unless its end follows, it may have been carried out
	ended
)

// eventOf is a drop in the words of the log, under one secret's names.
func eventOf(k *seal.Keys, d cache.Drop) event {
	e := event{kind: dropped, reach: d.Reach, certain: d.Certain}
	if d.Reach == cache.Everyone {
		return e
	}
	e.owner, e.workspace = ownerHash(k, d.Owner), workspaceHash(k, d.Workspace)
	if d.Reach == cache.Own {
		e.capability = string(d.Capability)
		for _, id := range d.Named {
			e.hashes = append(e.hashes, idHash(k, id))
		}
		return e
	}
	for _, tag := range d.Tags {
		e.hashes = append(e.hashes, tagHash(k, tag))
	}
	return e
}

func (e event) append(b []byte) []byte {
	b = append(b, byte(e.kind), byte(e.reach), flag(e.certain))
	b = binary.BigEndian.AppendUint64(b, e.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(e.at))
	b = binary.BigEndian.AppendUint64(b, e.intent)
	b = binary.BigEndian.AppendUint64(b, uint64(e.owner))
	b = binary.BigEndian.AppendUint64(b, uint64(e.workspace))
	b = append(b, byte(len(e.capability)))
	b = append(b, e.capability...)
	for _, h := range e.hashes {
		b = binary.BigEndian.AppendUint64(b, uint64(h))
	}
	return b
}

const fixedEvent = 3 + 5*8 + 1

func readEvent(b []byte) (e event, ok bool) {
	if len(b) < fixedEvent {
		return e, false
	}
	e.kind, e.reach, e.certain = eventKind(b[0]), cache.DropReach(b[1]), b[2] != 0
	e.seq = binary.BigEndian.Uint64(b[3:])
	e.at = int64(binary.BigEndian.Uint64(b[11:]))
	e.intent = binary.BigEndian.Uint64(b[19:])
	e.owner = hash(binary.BigEndian.Uint64(b[27:]))
	e.workspace = hash(binary.BigEndian.Uint64(b[35:]))
	rest := b[44:]
	if n := int(b[43]); n <= len(rest) {
		e.capability, rest = string(rest[:n]), rest[n:]
	} else {
		return e, false
	}
	if len(rest)%8 != 0 {
		return e, false
	}
	for ; len(rest) > 0; rest = rest[8:] {
		e.hashes = append(e.hashes, hash(binary.BigEndian.Uint64(rest)))
	}
	return e, e.kind >= dropped && e.kind <= ended
}
