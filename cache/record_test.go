package cache

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notion"
)

func sampleRecord(t testing.TB) *Record {
	op, ok := notion.Named("data_sources.query")
	require.True(t, ok)
	born := time.Unix(0, 1_790_000_000_123_456_789)
	return &Record{
		Owner: OwnerOf("Bearer a"), Key: KeyOf("q"), Op: op, Born: born, FreshUntil: born.Add(time.Minute),
		KeepUntil: born.Add(24 * time.Hour), Suspect: true, Named: []notion.ID{{1}},
		Tags: []notion.Tag{{Role: notion.Lists, ID: notion.ID{1}}, {Role: notion.Queries}},
		Pages: []RecordPage{
			{Page: &Page{Body: []byte(`{"a":1}`), ETag: `W/"x"`, Next: "c1", Rows: []notion.ID{{2}, {}}}},
			{Cursor: "c1", Page: &Page{Body: []byte{}, Gzip: true, Incomplete: true, LinkExpiry: born.Add(time.Hour)}},
		},
	}
}

func TestRecordComesBackAsItWas(t *testing.T) {
	want := sampleRecord(t)
	b, err := want.AppendBinary(nil)
	require.NoError(t, err)
	got, err := DecodeRecord(b)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestRecordOfAnotherVersionIsIgnored(t *testing.T) {
	b, err := sampleRecord(t).AppendBinary(nil)
	require.NoError(t, err)
	b[0]++
	_, err = DecodeRecord(b)
	assert.ErrorIs(t, err, errRecord)
}

func TestCutRecordDoesNotDecode(t *testing.T) {
	b, err := sampleRecord(t).AppendBinary(nil)
	require.NoError(t, err)
	for n := range b {
		_, err := DecodeRecord(b[:n])
		assert.ErrorIs(t, err, errRecord, "%d bytes", n)
	}
	_, err = DecodeRecord(append(b, 0))
	assert.ErrorIs(t, err, errRecord)
}

// What decodes at all encodes to the same bytes but for the spelling of
// counts, and nothing makes decoding panic or take memory that it has no
// bytes for.
func FuzzDecodeRecord(f *testing.F) {
	b, err := sampleRecord(f).AppendBinary(nil)
	require.NoError(f, err)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeRecord(b)
		if err != nil {
			return
		}
		again, err := r.AppendBinary(nil)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(again), len(b))
		back, err := DecodeRecord(again)
		require.NoError(t, err)
		assert.Equal(t, r, back)
	})
}
