package proxy

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A StatusKeeper remembers beyond this process how things stood. It is safe for
// concurrent use.
type StatusKeeper interface {
	// Status returns how something stood, and when that was. It may wait, for
	// no longer than a start should.
	Status(ctx context.Context, what string) (body []byte, at time.Time, ok bool)

	// KeepStatus notes how something stands, and does not wait.
	KeepStatus(what string, body []byte, at time.Time)
}

// outagesStatus is what the open breakers are kept as.
const outagesStatus = "breakers"

// outages has the open breakers outlive this process: one that starts in the
// middle of an outage must not begin with calls that fail, while clients wait.
type outages struct {
	turned atomic.Bool // something is to be kept

	mu sync.Mutex // so that the newest is kept last
}

// recallOutages opens the breakers that were open when an earlier process
// ended.
func (p *Proxy) recallOutages() {
	if p.o.Statuses == nil {
		return
	}
	if body, _, ok := p.o.Statuses.Status(p.life, outagesStatus); ok {
		p.breakers.Restore(body, time.Now())
	}
}

// keepOutages notes which breakers are open, if that has changed or a probe has
// confirmed it.
func (p *Proxy) keepOutages() {
	if p.o.Statuses == nil || !p.outages.turned.Swap(false) {
		return
	}
	p.outages.mu.Lock()
	defer p.outages.mu.Unlock()
	p.o.Statuses.KeepStatus(outagesStatus, p.breakers.Snapshot(), time.Now())
}
