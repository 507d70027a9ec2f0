package replica

import (
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/replica/redistest"
)

func TestMissed_endsWithWhatIsStoredAfterIt(t *testing.T) {
	for _, c := range []struct{ name, kind, body, from string }{
		{"another replica's", missed, "null", "other"},
		{"its own", missed, "null", ""},
		{"a drop that makes no sense", dropNews, "7", "other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := New(shortOptions("redis://127.0.0.1:1"))
			require.NoError(t, err)
			e := g.Entries()
			g.news.history, g.news.heard = "h", 4
			if c.from == "" {
				c.from = g.me
			}
			news := `{"k":"` + c.kind + `","f":"` + c.from + `","b":` + c.body + `}`
			g.hearOne(rueidis.XRangeEntry{ID: "1-0", FieldValues: map[string]string{
				"n": strconv.Itoa(5), "b": string(g.seal([]byte(news), "news")),
			}}, map[string]bool{})

			for number, doubted := range map[int64]bool{4: true, 5: false} {
				r, ok := e.judge(&cache.Record{Owner: owner, Born: time.Now()}, cache.Holder{Owner: owner}, place{"h", number})
				require.True(t, ok)
				assert.Equal(t, doubted, r.Suspect, "stored at %d", number)
			}
		})
	}
}

// Where events of a workspace were lost, what is stored for it is fresh nowhere,
// and what is stored for another as fresh as before.
func TestDoubt_ofAWorkspaceIsHeardByAll(t *testing.T) {
	for workspace, fresh := range map[string]bool{"space": false, "another": true, "": false} {
		t.Run(workspace, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			a, b := newStoring(t, s.URL()), newStoring(t, s.URL())
			storingTogether(t, a, b)
			b.wrote(2, true) // who comes later knows from there on what it has not heard
			eventually(t, "it has heard that", func() bool { p, _ := b.place(); return p.number > 0 })
			b.share(t, s, 1)
			eventually(t, "the other has it", func() bool { _, ok := a.look(1, true); return ok })
			now := time.Now()

			a.Notice(cache.Notice{Workspace: workspace, All: true, At: now, Arrived: now}, func(cache.Question) bool { return false })
			require.True(t, a.Told(t.Context(), a.last()))

			later := newStoring(t, s.URL())
			storingTogether(t, a, b, later)
			for _, r := range []*storing{a, b, later} {
				_, ok := r.look(1, true)
				assert.Equal(t, fresh, ok)
				_, ok = r.look(1, false)
				assert.True(t, ok, "in trouble it may serve")
			}
		})
	}
}
