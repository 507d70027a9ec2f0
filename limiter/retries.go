package limiter

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Retries is the budget of our own retries after 5xx answers and broken
// connections: a tenth of each connection's calls, so that a dead Notion gets
// at most 1.1 times what clients ask. A connection's first retry is a loan on
// its first ten calls. Retries after a 429 or 529 are not its concern: Notion
// carried nothing out, and they wait for the hold. Its methods are safe for
// concurrent use.
type Retries struct {
	mu   sync.Mutex
	left *simplelru.LRU[string, retries]
}

// retries are counted in tenths.
type retries struct{ saved, loan int }

const (
	aRetry = 10

	// mostSaved is how many retries an idle hour may save up.
	mostSaved = 10 * aRetry
)

// NewRetries returns a budget for that many connections; beyond, the one used
// longest ago is forgotten.
func NewRetries(connections int) *Retries {
	left, err := simplelru.NewLRU[string, retries](max(1, connections), nil)
	if err != nil {
		panic(err) // it is for a size that is not positive
	}
	return &Retries{left: left}
}

// Count says that a request's first call is made.
func (r *Retries) Count(connection string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.of(connection)
	if a.loan > 0 {
		a.loan--
	} else {
		a.saved = min(a.saved+1, mostSaved)
	}
	r.left.Add(connection, a)
}

// Allow reports whether one more retry may be made, and counts it.
func (r *Retries) Allow(connection string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.of(connection)
	if a.saved < aRetry {
		return false
	}
	a.saved -= aRetry
	r.left.Add(connection, a)
	return true
}

func (r *Retries) of(connection string) retries {
	if a, ok := r.left.Get(connection); ok {
		return a
	}
	return retries{saved: aRetry, loan: aRetry}
}
