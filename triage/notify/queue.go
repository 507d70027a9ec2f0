package notify

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maxQueued bounds what waits for one target.
const maxQueued = 50

// A letter is an event on its way to one target.
type letter struct {
	Event
	number int       // counts events
	since  time.Time // when it was queued
}

// queue holds letters in their order. It is safe for concurrent use.
type queue struct {
	mu      sync.Mutex
	letters []letter
	dropped int
	wake    chan struct{} // holds one token while something may be waiting
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// add appends l and drops another letter when there are too many.
func (q *queue) add(l letter) {
	q.mu.Lock()
	q.letters = append(q.letters, l)
	if len(q.letters) > maxQueued {
		q.letters = slices.Delete(q.letters, dispensable(q.letters), dispensable(q.letters)+1)
		q.dropped++
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// dispensable is the letter to drop: the oldest that neither opens nor closes
// an incident, since those in between are outdated by what follows; else the
// oldest.
func dispensable(letters []letter) int {
	i := slices.IndexFunc(letters, func(l letter) bool { return l.Kind == Changed || l.Kind == Acknowledged })
	return max(i, 0)
}

// next takes the first letter, and waits for one. It is false when ctx ends.
func (q *queue) next(ctx context.Context) (letter, bool) {
	for {
		if l, ok := q.take(); ok {
			return l, true
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return letter{}, false
		}
	}
}

func (q *queue) take() (letter, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.letters) == 0 {
		return letter{}, false
	}
	l := q.letters[0]
	q.letters = q.letters[1:]
	return l, true
}

func (q *queue) counts() (queued, dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.letters), q.dropped
}
