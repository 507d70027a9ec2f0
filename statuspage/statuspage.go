// Package statuspage reads what Notion says about itself. That lags behind by
// a quarter of an hour, and has been wrong both ways; so it corroborates what
// the proxy has seen, and never decides alone.
package statuspage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// DefaultURL is Notion's status page, run on incident.io. The older
// status.notion.so redirects to HTML (2026-09).
const DefaultURL = "https://www.notion-status.com/api/v2/summary.json"

const (
	defaultInterval = time.Minute
	timeout         = 5 * time.Second
	maxBody         = 1 << 20
	tooOld          = 10 * time.Minute // after this, what was read says nothing
	steady          = 2 * time.Minute  // the least between two changes of Concern
)

// A Verdict is what the page comes to.
type Verdict string

// The verdicts. None is ever taken for another: a page that can't be read
// does not say that all is well.
const (
	Unknown Verdict = "unknown"
	Clear   Verdict = "clear"
	Trouble Verdict = "incident" // an incident that concerns us
)

// A Reading is what was read last. It is not changed any more.
type Reading struct {
	Verdict  Verdict
	Concerns []string  // what concerns us, in sentences
	Page     *Page     // nil before the first good one
	At       time.Time // when Page was fetched
	Err      error     // why the last attempt failed; nil if it did not
}

// Options of a Watcher. What is zero means the default.
type Options struct {
	URL        string        // DefaultURL
	Interval   time.Duration // a minute; less than 30 s is taken for 30 s
	Components []string      // DefaultComponents

	// Shared has several replicas read the page as one. nil means that this one
	// is alone.
	Shared Shared

	// Keeper has what was read outlive the process. nil means that nothing does.
	Keeper Keeper

	// Transport makes the calls; nil means one of the watcher's own, which
	// ignores the proxy environment.
	Transport http.RoundTripper

	// Random returns a length of at least 0 and less than below. nil means
	// math/rand/v2's; tests that are to be repeated bring one that has a seed.
	Random func(below time.Duration) time.Duration
}

// A Watcher polls a status page. It is safe for concurrent use.
type Watcher struct {
	options Options

	mu      sync.Mutex
	reading Reading
	concern bool
	changed time.Time // when concern last changed
}

// New makes a Watcher. It reads nothing before Run.
func New(o Options) *Watcher {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	o.Interval = max(o.Interval, 30*time.Second)
	if o.Components == nil {
		o.Components = DefaultComponents()
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: timeout}
	}
	if o.Random == nil {
		o.Random = rand.N[time.Duration]
	}
	return &Watcher{options: o, reading: Reading{Verdict: Unknown}}
}

// Run polls until ctx ends. Until the first answer, what an earlier process read
// counts, for as long as it would have there.
func (w *Watcher) Run(ctx context.Context) {
	w.recall(ctx)
	for {
		w.poll(ctx)
		t := time.NewTimer(w.options.Interval*9/10 + w.options.Random(w.options.Interval/5))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// Reading returns what was read last. What is older than ten minutes says
// nothing any more.
func (w *Watcher) Reading(now time.Time) Reading {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.reading
	if r.Page == nil || now.Sub(r.At) > tooOld {
		r.Verdict = Unknown
	}
	return r
}

// Read reads the page now, whatever the interval.
func (w *Watcher) Read(ctx context.Context) Reading {
	w.poll(ctx)
	return w.Reading(time.Now())
}

// Concern says whether the page shows an incident that concerns us. It changes
// at most once in two minutes, however the page flaps, and ends when the page
// can't be read any more.
func (w *Watcher) Concern() bool {
	now := time.Now()
	is := w.Reading(now).Verdict == Trouble
	w.mu.Lock()
	defer w.mu.Unlock()
	if is != w.concern && (w.changed.IsZero() || now.Sub(w.changed) >= steady) {
		w.concern, w.changed = is, now
	}
	return w.concern
}

// Maintenance is when the next maintenance that concerns us begins, zero when
// none is announced or nobody knows.
func (w *Watcher) Maintenance(now time.Time) time.Time {
	r := w.Reading(now)
	if r.Verdict == Unknown {
		return time.Time{}
	}
	return next(r.Page, w.options.Components, now)
}

// A Hint says in a few words what the page shows that concerns us, and where
// people can read it.
type Hint struct{ What, Link string }

// Hint is empty where Concern is false.
func (w *Watcher) Hint() Hint {
	r := w.Reading(time.Now())
	if !w.Concern() || r.Verdict != Trouble {
		return Hint{}
	}
	h := Hint{What: "Notion's status page shows " + r.Concerns[0], Link: w.home()}
	for _, i := range r.Page.Incidents {
		if strings.HasPrefix(i.Link, "https://") && i.concerns(w.options.Components) {
			h.Link = i.Link
			break
		}
	}
	return h
}

// home is where people read the page: summary.json is for programs.
func (w *Watcher) home() string {
	u, err := url.Parse(w.options.URL)
	if err != nil {
		return w.options.URL
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}).String()
}

func (w *Watcher) poll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	page, at, err := w.read(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading.Err = err
	if page == nil {
		return
	}
	w.take(page, at)
}

// take takes a page for what the page says now. Call it locked.
func (w *Watcher) take(page *Page, at time.Time) {
	w.reading.Page, w.reading.At = page, at
	w.reading.Concerns = concerns(page, w.options.Components)
	w.reading.Verdict = Clear
	if len(w.reading.Concerns) > 0 {
		w.reading.Verdict = Trouble
	}
}

func (w *Watcher) fetch(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.options.URL, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "notionproxy")
	// RoundTrip follows no redirect: the old page redirects to HTML.
	resp, err := w.options.Transport.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("asking the status page: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking the status page: it answered %d", resp.StatusCode)
	}
	if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, errors.New("reading the status page: it is no JSON")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the status page: %w", err)
	case len(body) > maxBody:
		return nil, fmt.Errorf("reading the status page: it is longer than %d bytes", maxBody)
	}
	return body, nil
}
