package proxy

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"notionproxy/cache"
	"notionproxy/notion"
)

// With several replicas the event of a write through one may come to another.
func TestTrust_anEventThatCameToAnotherReplicaIsNotMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Proxy{store: cache.New(cache.Options{MaxBytes: 1 << 20})}
		p.trust.wanted = true
		page, other := notion.ID{1}, notion.ID{2}
		trusted := func() bool { return p.trust.of("bot", time.Now(), time.Now()) }
		told := func(id notion.ID) cache.Drop {
			return cache.Drop{Certain: true, Tags: []notion.Tag{{Role: notion.Shows, ID: id}}, At: time.Now(), Changed: time.Now()}
		}

		p.Hear(told(page))
		assert.False(t, trusted(), "nothing says that events would come here")
		p.trust.event("bot", []notion.ID{other}, time.Now())
		p.trust.wrote("bot", []notion.ID{page}, time.Now())
		p.Hear(told(page))
		time.Sleep(eventsTake)
		assert.True(t, trusted())

		p.trust.wrote("bot", []notion.ID{page}, time.Now())
		p.Hear(told(other))
		p.Hear(cache.Drop{Certain: true, Tags: told(page).Tags, At: time.Now()})
		time.Sleep(eventsTake)
		assert.False(t, trusted(), "another page's, and a write, are none of its events")
	})
}
