package statuspage

import (
	"context"
	"time"
)

// A Keeper remembers beyond this process how things stood. It never fails; it
// just knows nothing. It is safe for concurrent use.
type Keeper interface {
	// Status returns how something stood, and when that was. It may wait a
	// moment.
	Status(ctx context.Context, what string) (body []byte, at time.Time, ok bool)

	// KeepStatus notes how something stands, and does not wait.
	KeepStatus(what string, body []byte, at time.Time)
}

// status is what the page is kept as: another address is another page.
func (w *Watcher) status() string { return "status page " + w.options.URL }

// recall takes over what an earlier process read, unless this one has read
// already. What is too old says nothing here either.
func (w *Watcher) recall(ctx context.Context) {
	if w.options.Keeper == nil {
		return
	}
	body, at, ok := w.options.Keeper.Status(ctx, w.status())
	if now := time.Now(); !ok || at.After(now) || now.Sub(at) > tooOld {
		return // the clock was set back, or it is of no use
	}
	page, err := parse(body)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reading.Page == nil {
		w.take(page, at)
	}
}

// keep notes what was read.
func (w *Watcher) keep(body []byte, at time.Time) {
	if w.options.Keeper != nil {
		w.options.Keeper.KeepStatus(w.status(), body, at)
	}
}
