package disk

import (
	"bytes"
	"encoding/binary"

	bolt "go.etcd.io/bbolt"

	"notionproxy/cache/seal"
)

// chunkBytes is how much of an entry stands under one key. bbolt puts two keys
// on a page at least, and a page that is too small for them takes a run of
// pages, all of which are written when either changes and which must be found
// free in one piece: with whole entries as values half of the file lay idle in
// pieces too small for the next. Two of these fill a page of 4 KiB.
const chunkBytes = 1900

// A chunk's key is the entry's name and its number. The first chunk begins with
// the entry's length.
const chunkKey = len(seal.Name{}) + 2

func chunkKeyOf(name seal.Name, i int) []byte {
	return binary.BigEndian.AppendUint16(append(make([]byte, 0, chunkKey), name[:]...), uint16(i))
}

// maxValue is what has numbers enough: more than memory takes of one entry.
const maxValue = chunkBytes << 15

func putValue(tx *bolt.Tx, name seal.Name, value []byte) error {
	b := tx.Bucket(entriesBucket)
	rest := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(value)), uint32(len(value))), value...)
	for i := 0; len(rest) > 0; i++ {
		n := min(chunkBytes, len(rest))
		if err := b.Put(chunkKeyOf(name, i), rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// valueOf returns a copy of an entry, which outlives the transaction; nil if
// it is not there, or not whole.
func valueOf(tx *bolt.Tx, name seal.Name) []byte {
	c := tx.Bucket(entriesBucket).Cursor()
	first := chunkKeyOf(name, 0)
	k, v := c.Seek(first)
	if !bytes.Equal(k, first) || len(v) < 4 {
		return nil
	}
	total := int(binary.BigEndian.Uint32(v))
	if total > maxValue {
		return nil
	}
	value := append(make([]byte, 0, total), v[4:]...)
	for len(value) < total {
		k, v = c.Next()
		if len(k) != chunkKey || !bytes.Equal(k[:len(name)], name[:]) || len(v) == 0 {
			return nil
		}
		value = append(value, v...)
	}
	if len(value) != total {
		return nil
	}
	return value
}

func deleteValue(tx *bolt.Tx, name seal.Name, bytes int) error {
	b := tx.Bucket(entriesBucket)
	for i := range (bytes + 4 + chunkBytes - 1) / chunkBytes {
		if err := b.Delete(chunkKeyOf(name, i)); err != nil {
			return err
		}
	}
	return nil
}
