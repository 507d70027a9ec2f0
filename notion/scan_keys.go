package notion

import "encoding/binary"

// A key is what an object's key means to the scanner.
type key uint8

// The keys that matter.
const (
	keyOther key = iota
	keyObject
	keyID
	keyType
	keyStatus
	keyInTrash
	keyHasMore
	keyNextCursor
	keyIncompleteReason
	keyRequestID
	keyURL
	keyExpiryTime
	keyDeletes
	keyMild // changes no more of a page than its properties

	// Their value is the id of an object.
	keyPageID
	keyBlockID
	keyDatabaseID
	keyDataSourceID
	keyDiscussionID
	keyAnyID

	// Their value is one object or more.
	keyParent
	keyDatabaseParent
	keyResults
	keyRequestStatus
	keyProperties
	keyRelation
	keyNamed
	keyDataSources
	keyIDs
)

// keyOf tells what the key means whose inside is at [from, end) of body.
func keyOf(body []byte, from, end int, esc escapes) key {
	if esc != 0 {
		body = unescape(nil, body[from:end])
		from, end = 0, len(body)
	}
	n := end - from
	head := headOf(body[from:], n)
	if m := &meanings[shape(head, n)]; m.head == head && m.length == n {
		if n <= 8 || m.tail == string(body[from+8:end]) {
			return m.key
		}
	}
	if n > 3 && body[end-3] == '_' && body[end-2] == 'i' && body[end-1] == 'd' {
		return keyAnyID
	}
	return keyOther
}

// headOf is the first eight of the n characters that text begins with; zeros
// stand for those that are missing.
func headOf(text []byte, n int) uint64 {
	if len(text) < 8 {
		text = append(make([]byte, 0, 8), text...)[:8]
	}
	head := binary.LittleEndian.Uint64(text)
	if n < 8 {
		head &= 1<<(8*n) - 1
	}
	return head
}

// shape tells the keys that matter apart, and is cheaper than a map: half of
// what the scanner reads are keys. The factor was found by trying.
func shape(head uint64, length int) uint8 {
	return uint8((head + uint64(length)) * shapeFactor >> 57)
}

const shapeFactor = 0x7cbdfa5a00eb2c6d

// A meaning is a key that matters, and what it means.
type meaning struct {
	head   uint64
	length int
	tail   string
	key    key
}

// meanings has each of keyMeanings at its shape.
var meanings = byShape()

func byShape() (table [128]meaning) {
	for word, key := range keyMeanings {
		head := headOf([]byte(word), len(word))
		m := &table[shape(head, len(word))]
		if m.length != 0 {
			panic("notion: " + word + " has the shape of another key")
		}
		*m = meaning{head, len(word), word[min(8, len(word)):], key}
	}
	return table
}

var keyMeanings = map[string]key{
	"object":                 keyObject,
	"id":                     keyID,
	"type":                   keyType,
	"status":                 keyStatus,
	"in_trash":               keyInTrash,
	"archived":               keyInTrash,
	"has_more":               keyHasMore,
	"next_cursor":            keyNextCursor,
	"incomplete_reason":      keyIncompleteReason,
	"request_id":             keyRequestID,
	"url":                    keyURL,
	"expiry_time":            keyExpiryTime,
	"allow_deleting_content": keyDeletes,
	"icon":                   keyMild,
	"cover":                  keyMild,
	"is_locked":              keyMild,

	"page_id":        keyPageID,
	"block_id":       keyBlockID,
	"database_id":    keyDatabaseID,
	"data_source_id": keyDataSourceID,
	"discussion_id":  keyDiscussionID,

	"parent":          keyParent,
	"database_parent": keyDatabaseParent,
	"results":         keyResults,
	"templates":       keyResults,
	"request_status":  keyRequestStatus,
	"properties":      keyProperties,
	"relation":        keyRelation,
	"page":            keyNamed,
	"block":           keyNamed,
	"database":        keyNamed,
	"data_source":     keyNamed,
	"data_sources":    keyDataSources,

	"unknown_block_ids":   keyIDs,
	"committed_child_ids": keyIDs,

	// Ids of what no read shows and no write of content touches, or of
	// properties.
	"integration_id":     keyOther,
	"workspace_id":       keyOther,
	"user_id":            keyOther,
	"bot_id":             keyOther,
	"agent_id":           keyOther,
	"property_id":        keyOther,
	"synced_property_id": keyOther,
}
