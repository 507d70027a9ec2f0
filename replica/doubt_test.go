package replica

import (
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
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
				r, ok := e.judge(&cache.Record{Owner: owner, Born: time.Now()}, "", place{"h", number})
				require.True(t, ok)
				assert.Equal(t, doubted, r.Suspect, "stored at %d", number)
			}
		})
	}
}
