package triage

import (
	"cmp"
	"slices"
	"time"
)

// maxShown bounds how many connections an Evidence tells of.
const maxShown = 20

// gather fills in what the watch knows. It locks the watch for a fraction of a
// millisecond at a time.
func (w *watch) gather(e *Evidence, now time.Time) {
	at := max(now.Sub(w.began), 1)
	e.At, e.Began = now, w.began
	w.mu.Lock()
	e.Windows, e.Spells = w.windows(&w.all, at), w.spells(&w.all, at)
	e.Refusals = w.refusals.newest(maxListed, now.Add(-time.Hour))
	e.Rejections = w.rejections.newest(maxListed, now.Add(-time.Hour))
	for i, r := range e.Refusals {
		if id, ok := parseID(r.Object); ok {
			e.Refusals[i].Seen = w.date(w.seen.when(r.Connection, id))
		}
	}
	names := w.heardOf(at - time.Hour)
	w.mu.Unlock()
	for _, name := range names {
		if c, ok := w.describe(name, at); ok {
			e.Connections = append(e.Connections, c)
		}
	}
	slices.SortFunc(e.Connections, func(a, b Connection) int {
		return cmp.Or(cmp.Compare(b.Windows[3].Requests, a.Windows[3].Requests), cmp.Compare(a.Name, b.Name))
	})
}

// heardOf are the connections used since then, those with most requests in
// the hour first, maxShown at most. Call it locked.
func (w *watch) heardOf(since time.Duration) []string {
	var names []string
	for name, c := range w.connections {
		if c.used >= since {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Compare(w.connections[b].used, w.connections[a].used)
	})
	return names[:min(len(names), maxShown)]
}

func (w *watch) describe(name string, at time.Duration) (Connection, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.connections[name]
	if c == nil {
		return Connection{}, false // forgotten meanwhile
	}
	return Connection{
		Name: name, Windows: w.windows(&c.ring, at), Spells: w.spells(&c.ring, at), Callers: slices.Clone(c.callers),
		Asked: w.date(c.asked), Accepted: w.date(c.accepted), Refused: w.date(c.refused), RefusedOn: w.date(c.refusing),
	}, true
}

// date is a moment of the watch's as a time; zero for never.
func (w *watch) date(at time.Duration) time.Time {
	if at <= 0 {
		return time.Time{}
	}
	return w.began.Add(at)
}

func (w *watch) spells(r *ring, at time.Duration) Spells {
	begin := func(is func(*slot) bool) time.Time {
		from := r.spell(at, is)
		if from < 0 {
			return time.Time{}
		}
		return w.began.Add(from)
	}
	return Spells{
		Failing: begin(func(s *slot) bool { return s.n[failed] > 0 || s.n[slow] > 0 || s.n[gaveUp] > 0 }),
		Limited: begin(func(s *slot) bool { return s.n[limited] > 0 }),
	}
}

func (w *watch) windows(r *ring, at time.Duration) (all [4]Window) {
	for i := range all {
		s, goodSince := r.window(i, at)
		all[i] = w.window(&s, spans[i].minutes, at)
		if s.lastFailed > 0 {
			all[i].GoodSince = goodSince
		}
	}
	return all
}

func (w *watch) window(s *slot, minutes int, at time.Duration) Window {
	count := func(i int) int64 { return int64(s.n[i]) }
	return Window{
		Minutes: minutes, Since: w.began.Add(max(0, at-time.Duration(minutes)*time.Minute)),
		Requests: count(requests), Calls: count(calls),
		Hits: count(hits), Stale: count(stale), Shared: count(shared), Refused: count(refusedByUs), Left: count(left),
		GaveUp: count(gaveUp), Trouble: count(trouble), Asked: count(asked), Good: count(good), Failed: count(failed), Slow: count(slow),
		Unserved: count(unserved), LostWrites: count(lostWrites), Limited: count(limited), Foreign: count(foreign),
		Kinds: kinds.counts(s), Statuses: statuses.counts(s), Codes: codes.counts(s), Reasons: reasons.counts(s), Details: details.counts(s),
		Families: familyCounts(s), Latency: s.took.latency(), Queued: s.queued.latency(), Oldest: s.oldest, OldestS: s.oldest.Seconds(),
		FirstFailure: w.date(s.firstFailed), LastFailure: w.date(s.lastFailed), LastGood: w.date(s.lastGood), LeftAlone: w.date(s.lastAlone),
	}
}

// counts are the words that occurred, and how often.
func (g *group) counts(s *slot) map[string]int64 {
	m := map[string]int64{}
	for i, w := range g.words {
		if n := s.n[g.from+i]; n > 0 {
			m[w] = int64(n)
		}
	}
	return m
}

func familyCounts(s *slot) []Family {
	list := []Family{}
	for i, name := range families.words {
		f := Family{name, int64(s.n[families.from+i]), int64(s.n[familiesFailed.from+i]), int64(s.n[familiesSlow.from+i])}
		if f.Asked > 0 {
			list = append(list, f)
		}
	}
	return list
}

// points are the slots of the last five minutes and of the last hour.
func (w *watch) points(now time.Time) (recent, hour []Point) {
	at := max(now.Sub(w.began), 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.series(&w.all.fine, fine, at), w.series(&w.all.coarse, coarse, at)
}

func (w *watch) series(of *[slots]slot, width, at time.Duration) []Point {
	number := int64(at / width)
	list := make([]Point, 0, slots)
	for n := max(0, number-slots+1); n <= number; n++ {
		p := Point{At: w.began.Add(time.Duration(n) * width), Seconds: width.Seconds()}
		if s := &of[n%slots]; s.at == n {
			l := s.took.latency()
			p.Requests, p.Calls, p.Failed = int64(s.n[requests]), int64(s.n[calls]), int64(s.n[failed])
			p.Unserved, p.Stale, p.P50MS, p.P95MS = int64(s.n[unserved]), int64(s.n[stale]), l.P50, l.P95
		}
		list = append(list, p)
	}
	return list
}

// since adds up the slots since then, to the width of a slot.
func (w *watch) since(from, now time.Time) tally {
	at, begin := now.Sub(w.began), max(from.Sub(w.began), 0)
	of, width := &w.all.fine, fine
	if at-begin >= (slots-1)*fine {
		of, width = &w.all.coarse, coarse
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := sum(of, int64(at/width)-int64(begin/width)+1, int64(at/width))
	t := tally{oldest: s.oldest}
	for i := range t.n {
		t.n[i] = int64(s.n[i])
	}
	return t
}
