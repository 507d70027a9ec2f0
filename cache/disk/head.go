package disk

import (
	"encoding/binary"
	"time"

	"notionproxy/cache"
	"notionproxy/cache/seal"
	"notionproxy/notion"
)

// headVersion is the first byte of an entry. What begins otherwise is of
// another version of the program, and taken for missing.
const headVersion = 1

// A head is what stands in the open before a sealed entry: what must be known
// of it without its token. It is part of the seal.
type head struct {
	seq        uint64
	born       int64 // nanoseconds since 1970
	keepUntil  int64 // the same
	suspect    bool
	owner      hash
	operation  hash
	capability string
	named      []hash // by its path and query; and its own key
	tags       []byte // hashes, eight bytes each
}

func (h *head) tagCount() int     { return len(h.tags) / 8 }
func (h *head) tag(i int) hash    { return hash(binary.BigEndian.Uint64(h.tags[8*i:])) }
func hashOf(n seal.Name) hash     { return hash(binary.BigEndian.Uint64(n[:])) }
func (h *head) isBorn() time.Time { return time.Unix(0, h.born) }

func ownerHash(k *seal.Keys, o cache.Owner) hash { return hashOf(k.Name("owner", o[:])) }

func workspaceHash(k *seal.Keys, workspace string) hash {
	if workspace == "" {
		return 0
	}
	return hashOf(k.Name("workspace", []byte(workspace)))
}

func botHash(k *seal.Keys, bot string) hash {
	if bot == "" {
		return 0
	}
	return hashOf(k.Name("bot", []byte(bot)))
}

func tagHash(k *seal.Keys, t notion.Tag) hash {
	return hashOf(k.Name("tag", []byte{byte(t.Role)}, t.ID[:]))
}

func idHash(k *seal.Keys, id notion.ID) hash { return hashOf(k.Name("id", id[:])) }

func operationHash(k *seal.Keys, operation string) hash {
	return hashOf(k.Name("operation", []byte(operation)))
}

func keyHash(k *seal.Keys, key cache.Key) hash { return hashOf(k.Name("key", key[:])) }

func entryName(k *seal.Keys, o cache.Owner, key cache.Key) seal.Name {
	return k.Name("entry", o[:], key[:])
}

// headOf is the head of a record that is kept as number seq.
func headOf(k *seal.Keys, r *cache.Record, seq uint64) *head {
	h := &head{
		seq: seq, born: r.Born.UnixNano(), keepUntil: r.KeepUntil.UnixNano(), suspect: r.Suspect,
		owner: ownerHash(k, r.Owner), operation: operationHash(k, r.Op.Name), capability: string(r.Op.Capability),
	}
	for _, id := range r.Named {
		h.named = append(h.named, idHash(k, id))
	}
	h.named = append(h.named, keyHash(k, r.Key))
	h.tags = make([]byte, 0, 8*len(r.Tags))
	for _, tag := range r.Tags {
		h.tags = binary.BigEndian.AppendUint64(h.tags, uint64(tagHash(k, tag)))
	}
	return h
}

// append writes the head with its length before it.
func (h *head) append(b []byte) []byte {
	start := len(b)
	b = append(b, headVersion, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, h.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(h.born))
	b = binary.BigEndian.AppendUint64(b, uint64(h.keepUntil))
	b = binary.BigEndian.AppendUint64(b, uint64(h.owner))
	b = binary.BigEndian.AppendUint64(b, uint64(h.operation))
	b = append(b, flag(h.suspect), byte(len(h.capability)))
	b = append(b, h.capability...)
	b = append(b, byte(min(len(h.named), maxNamed)))
	for _, id := range h.named[:min(len(h.named), maxNamed)] {
		b = binary.BigEndian.AppendUint64(b, uint64(id))
	}
	b = append(b, h.tags...)
	binary.BigEndian.PutUint32(b[start+1:], uint32(len(b)-start))
	return b
}

// maxNamed is more ids than any path and query name.
const maxNamed = 255

func flag(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// fixedHead is what a head has at least.
const fixedHead = 5 + 5*8 + 2 + 1

// cut splits an entry into its head, as it stands there and as it reads, and
// what is sealed. The head's tags are part of value.
func cut(value []byte) (h head, open, sealed []byte, ok bool) {
	if len(value) < fixedHead || value[0] != headVersion {
		return h, nil, nil, false
	}
	n := binary.BigEndian.Uint32(value[1:])
	if n < fixedHead || uint64(n) > uint64(len(value)) {
		return h, nil, nil, false
	}
	open, sealed = value[:n], value[n:]
	h.seq = binary.BigEndian.Uint64(open[5:])
	h.born = int64(binary.BigEndian.Uint64(open[13:]))
	h.keepUntil = int64(binary.BigEndian.Uint64(open[21:]))
	h.owner = hash(binary.BigEndian.Uint64(open[29:]))
	h.operation = hash(binary.BigEndian.Uint64(open[37:]))
	h.suspect = open[45] != 0
	rest := open[47:]
	if int(open[46]) >= len(rest) {
		return h, nil, nil, false
	}
	h.capability, rest = string(rest[:open[46]]), rest[open[46]:]
	count := int(rest[0])
	rest = rest[1:]
	if 8*count > len(rest) || (len(rest)-8*count)%8 != 0 {
		return h, nil, nil, false
	}
	for i := range count {
		h.named = append(h.named, hash(binary.BigEndian.Uint64(rest[8*i:])))
	}
	h.tags = rest[8*count:]
	return h, open, sealed, true
}
