package statuspage

import (
	"context"
	"time"
)

// Shared is what several replicas know of the page together: one of them reads
// it for all. It never fails; it just knows nothing. It is safe for concurrent
// use.
type Shared interface {
	// StatusPage returns the page as one of them last read it, and how long ago.
	StatusPage(ctx context.Context) (body []byte, ago time.Duration, ok bool)

	// ClaimStatusPage says whether this replica is the one to read it, for that
	// long.
	ClaimStatusPage(ctx context.Context, within time.Duration) bool

	// TellStatusPage has the others know the page.
	TellStatusPage(ctx context.Context, body []byte)
}

// read returns the page, and when it was read. It is nil, without an error,
// while another replica is reading it.
func (w *Watcher) read(ctx context.Context) (*Page, time.Time, error) {
	s := w.options.Shared
	if s == nil {
		return w.readHere(ctx)
	}
	if body, ago, ok := s.StatusPage(ctx); ok && ago < w.options.Interval*8/10 {
		if page, err := parse(body); err == nil {
			at := time.Now().Add(-ago)
			w.keep(body, at)
			return page, at, nil
		}
	}
	if !s.ClaimStatusPage(ctx, timeout) {
		return nil, time.Time{}, nil
	}
	return w.readHere(ctx)
}

// readHere asks for the page.
func (w *Watcher) readHere(ctx context.Context) (*Page, time.Time, error) {
	body, err := w.fetch(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	page, err := parse(body)
	if err != nil {
		return nil, time.Time{}, err
	}
	now := time.Now()
	w.keep(body, now)
	if w.options.Shared != nil {
		w.options.Shared.TellStatusPage(ctx, body)
	}
	return page, now, nil
}
