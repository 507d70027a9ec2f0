package webhook

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	maxSeen = 50_000 // ids: a quarter of an hour of 3,000 a minute; some 8 MB

	// seenFor bounds how long an event is known. One that is sent again after
	// that does no harm: what was asked for since is younger.
	seenFor = 24 * time.Hour
)

// seen are the events that have come: Notion sends again what it takes for
// unanswered, and its signature has no time in it, so that anybody who has seen
// one can send it again. It is safe for concurrent use.
type seen struct {
	mu  sync.Mutex
	ids *simplelru.LRU[string, time.Time]
}

func newSeen() *seen {
	ids, _ := simplelru.NewLRU[string, time.Time](maxSeen, nil)
	return &seen{ids: ids}
}

// before says whether the event has come before, and notes that it has.
func (s *seen) before(id string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, known := s.ids.Peek(id)
	if known && now.Sub(at) < seenFor {
		return true
	}
	s.ids.Add(id, now)
	return false
}
