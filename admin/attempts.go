package admin

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// freeAttempts wrong tokens may come from one address at once, and then
	// one each attemptEvery. That is slower than guessing needs by a lot, and
	// faster than any scraper whose token is wrong.
	freeAttempts = 20
	attemptEvery = time.Second

	maxOrigins = 1000 // addresses that are remembered
)

// attempts bound how fast tokens can be tried. It is safe for concurrent use.
type attempts struct {
	mu sync.Mutex
	by *simplelru.LRU[netip.Prefix, failures]
}

// failures are the wrong tokens of one address.
type failures struct {
	spent time.Time // when they would all be spent at one each attemptEvery
	told  bool      // that there were too many
}

func newAttempts() *attempts {
	by, _ := simplelru.NewLRU[netip.Prefix, failures](maxOrigins, nil)
	return &attempts{by: by}
}

// wait is how long the origin has to wait for its next attempt.
func (a *attempts) wait(from netip.Prefix, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, _ := a.by.Get(from)
	return max(0, f.spent.Add(-(freeAttempts-1)*attemptEvery).Sub(now))
}

// failed counts a wrong token. It says whether that was the last for free.
func (a *attempts) failed(from netip.Prefix, now time.Time) (last bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, _ := a.by.Get(from)
	if f.spent.Before(now) {
		f = failures{spent: now}
	}
	f.spent = f.spent.Add(attemptEvery)
	last = !f.told && f.spent.Sub(now) > (freeAttempts-1)*attemptEvery
	f.told = f.told || last
	a.by.Add(from, f)
	return last
}

// origin is the address that the request came from, as the connection has it:
// X-Forwarded-For is whatever the sender likes. Of IPv6 it is the network, in
// which one machine has addresses without end.
func origin(r *http.Request) netip.Prefix {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := remote.Addr().Unmap().WithZone(""), 32
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits)
	return prefix
}
