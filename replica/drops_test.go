package replica

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/notion"
	"notionproxy/replica/redistest"
)

func TestEntries_arePurgedEverywhere(t *testing.T) {
	for name, which := range map[string]cache.Selection{
		"all":          {},
		"an object":    {Object: pageID(1)},
		"an operation": {Operation: "pages.retrieve"},
		"an owner":     {Owners: []string{hex.EncodeToString(owner[:4])}},
		"a bot":        {Owners: []string{"nobody's"}, Bot: "bot"},
	} {
		t.Run(name, func(t *testing.T) {
			s := redistest.Start(t)
			a, b := newStoring(t, s.URL()), newStoring(t, s.URL())
			storingTogether(t, a, b)
			a.put(1, 7, a.Begin(), time.Now())
			eventually(t, "the other can have it", func() bool { v, ok := b.look(1, true); return ok && v == 7 })

			b.Purge(which, time.Now())
			b.Settle(context.Background())

			for _, r := range []*storing{a, b, newStoring(t, s.URL())} {
				eventually(t, "the news are heard", r.Current)
				eventually(t, "nobody has it", func() bool { _, kept := r.look(1, false); return !kept })
			}
		})
	}
}

func TestEntries_ofAnotherBotAreNotPurged(t *testing.T) {
	s := redistest.Start(t)
	a, b := newStoring(t, s.URL()), newStoring(t, s.URL())
	storingTogether(t, a, b)
	b.wrote(2, true)
	a.share(t, s, 1)
	b.Purge(cache.Selection{Owners: []string{"nobody's"}, Bot: "another"}, time.Now())
	require.True(t, b.Told(context.Background(), b.last()))
	for _, r := range []*storing{a, b, newStoring(t, s.URL())} {
		eventually(t, "the news are heard", r.Current)
		_, kept := r.look(1, false)
		assert.True(t, kept)
	}
}

// Every field of a drop travels: one that is lost would hit more, or less.
func TestDrops_travelWhole(t *testing.T) {
	now := time.Now()
	d := cache.Drop{
		Owner: owner, Workspace: "space", Certain: true, Reach: cache.Own, Tags: tagsOf(1), Named: []notion.ID{pageID(2), pageID(3)},
		Capability: "comments", Key: cache.KeyOf("one"), At: now, Changed: now.Add(-time.Minute), Heard: true, Known: true,
		Which: cache.Selection{Object: pageID(4), Operation: "search", Owners: []string{"ab"}, Bot: "bot"},
	}
	for v, f := reflect.ValueOf(d), 0; f < v.NumField(); f++ {
		require.False(t, v.Field(f).IsZero(), "the sample lacks %s", v.Type().Field(f).Name)
	}
	d.Known = false // which is for each to say who hears of it
	for _, owners := range [][]string{{"ab"}, {}, nil} {
		d.Which.Owners = owners
		b, err := json.Marshal(tell(d))
		require.NoError(t, err)
		var told toldDrop
		require.NoError(t, json.Unmarshal(b, &told))
		got := told.drop(now.Add(time.Hour), time.Hour)
		assert.WithinDuration(t, d.Changed, got.Changed, time.Second)
		got.At, got.Changed = d.At, d.Changed
		assert.Equal(t, d, got)
	}
	d.At = now.Add(time.Minute)
	assert.InDelta(t, 60_000, tell(d).Ahead, 1000, "and how far ahead it is")
}
