package proxy_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestDay lives through a day with everything that goes wrong with Notion, and
// holds what must be so on it. With -v it prints the figures, beside those of
// clients that ask Notion directly.
//
//	DAY_SEEDS=50   how many days; 3 by default
//	DAY_SEED=17    this one alone
//	DAY_ONLY=name  a day of one disturbance, again and again: one that is seen
//	               once in a hundred times needs no hundred days
func TestDay(t *testing.T) {
	first, days := uint64(1), modelNumber("DAY_SEEDS", 3)
	if seed := modelNumber("DAY_SEED", 0); seed > 0 {
		first, days = seed, 1
	}
	for seed := first; seed < first+days; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			f := liveADay(t, seed, false).figures()
			var direct *dayFigures
			if testing.Verbose() && seed == first {
				direct = liveADay(t, seed, true).figures()
			}
			t.Log("\n" + f.table(direct))
			f.hold(t)
			if os.Getenv("DAY_ONLY") == "" {
				f.weigh(t)
			}
			f.complain(t)
		})
	}
}

func liveADay(t *testing.T, seed uint64, direct bool) *day {
	var d *day
	synctest.Test(t, func(t *testing.T) {
		d = newDay(t, seed, direct)
		defer d.close()
		d.live()
	})
	return d
}

// dayFigures is what issue and table speak of.
type dayFigures struct {
	day *day

	reads, ok           int             // all reads, and those answered 200
	known, knownOK      int             // reads of something known
	knownTook           []time.Duration // those in disturbances
	took                []time.Duration // all reads in disturbances
	phases              []phaseFigures
	atOnce              int // answers of an open breaker
	ages                int // ages told
	incidents           int // answers on the status page's word
	writes, done, maybe int
	bad                 []string

	open map[string]time.Duration // breakers, by phase, connection and family: since when
}

type phaseFigures struct {
	name      string
	known, ok int
	took      []time.Duration
	perMinute int // most calls of one family and connection after the first minute
	recoveryFigures
}

func (d *day) figures() *dayFigures {
	f := &dayFigures{day: d, bad: d.wrong, ages: d.ages, phases: make([]phaseFigures, len(d.phases)), open: map[string]time.Duration{}}
	for i, p := range d.phases {
		f.phases[i] = phaseFigures{name: p.name}
	}
	for _, a := range d.answers {
		f.add(a)
	}
	for i, p := range d.phases {
		f.calls(i, p)
		f.recovery(i, p)
	}
	f.countWrites()
	slices.Sort(f.knownTook)
	slices.Sort(f.took)
	for i := range f.phases {
		slices.Sort(f.phases[i].took)
	}
	return f
}

func (f *dayFigures) add(a dayAnswer) {
	if a.write {
		return
	}
	f.reads++
	good := a.status == 200
	if good {
		f.ok++
	}
	if a.phase >= 0 {
		f.took = append(f.took, a.took)
	}
	if a.detail == "incident" {
		f.incidents++
		if a.phase >= 0 && f.day.phases[a.phase].status != "incident" {
			f.report(a, "the status page was taken at a word that it did not say")
		}
	}
	if !a.known {
		return
	}
	f.addOpen(a)
	f.known++
	if good {
		f.knownOK++
	} else {
		f.report(a, "a read of something known was not answered")
	}
	if a.phase >= 0 {
		p := &f.phases[a.phase]
		p.known++
		f.knownTook = append(f.knownTook, a.took)
		p.took = append(p.took, a.took)
		if good {
			p.ok++
		}
	}
}

// addOpen holds that nobody waits once a breaker is open: once, in this
// disturbance, somebody has been told that it is.
func (f *dayFigures) addOpen(a dayAnswer) {
	if a.phase < 0 || !slices.Contains(f.day.phases[a.phase].down, a.family) {
		return
	}
	circuit := fmt.Sprint(a.phase, f.day.bots[a.token], a.family)
	since, open := f.open[circuit]
	switch {
	case !open && a.detail == "breaker":
		f.open[circuit] = a.start + a.took
	case open && a.start > since:
		f.atOnce++
		if a.took > 0 || a.calls > 0 {
			f.report(a, "waited or asked although the breaker is open")
		}
	}
}

func (f *dayFigures) report(a dayAnswer, what string) {
	name := "calm"
	if a.phase >= 0 {
		name = f.day.phases[a.phase].name
	}
	f.bad = append(f.bad, fmt.Sprintf("%v, %s: %s: %s %s, status %d, outcome %s, detail %q, upstream %s, took %v, %d calls, suspect %v",
		a.start, name, what, a.token, a.target, a.status, a.outcome, a.detail, a.upstream, a.took, a.calls, a.suspect))
}

// calls holds how often Notion was asked while it was down.
func (f *dayFigures) calls(i int, p *phase) {
	if p.dial != nil {
		f.phases[i].perMinute = f.dials(p)
		return
	}
	for _, family := range p.down {
		for _, bot := range f.day.bots {
			f.phases[i].perMinute = max(f.phases[i].perMinute, f.callsOf(p, bot, family))
		}
	}
}

// callsOf is the most calls of one connection and family in a minute, from the
// second minute after the first of them on: half of Notion may be down, so that
// what other families suffer must not stop one that nobody has asked for yet.
func (f *dayFigures) callsOf(p *phase, bot, family string) (most int) {
	counts := map[time.Duration]int{}
	first := time.Duration(-1)
	if p.goesOn {
		first = p.at - time.Minute
	}
	for _, c := range f.day.arrived {
		if c.connection != bot || c.family != family || c.at < p.at || c.at >= p.at+p.length {
			continue
		}
		if first < 0 {
			first = c.at
		}
		if minute := (c.at - first) / time.Minute; minute > 0 {
			counts[minute]++
			most = max(most, counts[minute])
		}
	}
	return most
}

// dials is the same of attempts to connect, which tell nothing of families: so
// on average over them, and from the disturbance's second minute on, since who
// cannot connect for one cannot for any. Writes are tried too, each once.
func (f *dayFigures) dials(p *phase) (most int) {
	counts := map[time.Duration]int{}
	for _, at := range f.day.dials {
		if at >= p.at && at < p.at+p.length {
			counts[(at-p.at)/time.Minute]++
		}
	}
	for _, a := range f.day.answers {
		if a.write && a.start >= p.at && a.start < p.at+p.length {
			counts[(a.start-p.at)/time.Minute]--
		}
	}
	each := len(p.down) * dayConnections
	for minute, n := range counts {
		if minute > 0 {
			most = max(most, (n+each-1)/each)
		}
	}
	return most
}

func (f *dayFigures) countWrites() {
	for _, w := range f.day.written {
		f.writes++
		if w.status/100 == 2 {
			f.done++
		} else if w.found > 0 {
			f.maybe++
		}
		switch {
		case w.found > 1:
			f.bad = append(f.bad, fmt.Sprintf("write %s was carried out %d times", w.stamp, w.found))
		case w.appends && w.status/100 == 2 && w.found != 1:
			f.bad = append(f.bad, fmt.Sprintf("write %s was answered %d and not carried out", w.stamp, w.status))
		case w.status == 0:
			f.bad = append(f.bad, fmt.Sprintf("write %s was not answered", w.stamp))
		}
	}
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f %%", 100*float64(n)/float64(of))
}

func (f *dayFigures) table(direct *dayFigures) string {
	var b strings.Builder
	row := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	row("%-58s %-14s %s", "measured over the day", "here", "must show")
	row("%-58s %-14s %s", fmt.Sprintf("reads of something known answered 200 (%d)", f.known), percent(f.knownOK, f.known), "100 %")
	row("%-58s %-14v %s", fmt.Sprintf("of these in disturbances, p99 to the client (%d)", len(f.knownTook)), percentile(f.knownTook, .99), "< 3.2 s")
	row("%-58s %-14v %s", fmt.Sprintf("answers of an open breaker, without call and wait (%d)", f.atOnce), "all", "all")
	row("%-58s %-14d %s", "calls a minute, family and connection while down", f.most(), "<= 2")
	row("%-58s %-14d %s", fmt.Sprintf("reads 60 s after recovery that were stale (%d)", f.late()), f.lateStale(), "0")
	row("%-58s %-14v %s", "the first fresh answer of each connection, at worst", f.firstFresh().Round(time.Millisecond), "< 35 s")
	row("%-58s %-14v %s", "the last old answer before the first fresh one, at worst", f.oldUntil().Round(time.Millisecond), "< 35 s")
	row("%-58s %-14d %s", "calls in spite of a 429's Retry-After", f.early(), "0")
	row("%-58s %-14s %s", fmt.Sprintf("writes carried out once or reported failed (%d, %d ok)", f.writes, f.done), "all", "all")
	row("%-58s %-14s %s", fmt.Sprintf("ages told and true (%d)", f.ages), "equal", "equal")
	if direct != nil {
		row("")
		row("%-58s %-14s %s", "beside it", "here", "direct, the SDK's retries")
		row("%-58s %-14s %s", fmt.Sprintf("all reads answered 200 (%d here, %d direct)", f.reads, direct.reads), percent(f.ok, f.reads), percent(direct.ok, direct.reads))
		row("%-58s %-14v %v", "p99 of all reads in disturbances", percentile(f.took, .99), percentile(direct.took, .99))
		row("%-58s %-14d %d", "calls at Notion", len(f.day.arrived), len(direct.day.arrived))
	}
	row("")
	row("%-34s %8s %11s %9s %9s %9s %9s %9s", "disturbance", "known", "answered", "p50", "p99", "calls/min", "old until", "fresh")
	for _, p := range f.phases {
		row("%-34s %8d %11s %9v %9v %9d %9v %9v", p.name, p.known, percent(p.ok, p.known), percentile(p.took, .5).Round(time.Millisecond),
			percentile(p.took, .99).Round(time.Millisecond), p.perMinute, p.oldUntil.Round(time.Millisecond), p.firstFresh.Round(time.Millisecond))
	}
	return b.String()
}

func (f *dayFigures) most() (n int) {
	for _, p := range f.phases {
		n = max(n, p.perMinute)
	}
	return n
}

// complain names what was wrong, a few of each day.
func (f *dayFigures) complain(t *testing.T) {
	for i, what := range f.bad {
		if i == 20 {
			t.Logf("... and %d more", len(f.bad)-i)
			return
		}
		t.Error(what)
	}
}

// weigh is that the day is worth something: that what it holds has happened.
func (f *dayFigures) weigh(t *testing.T) {
	assert.Greater(t, f.known, 5000)
	assert.Greater(t, f.atOnce, 500)
	assert.Greater(t, f.late(), 500)
	assert.Greater(t, f.ages, 5000)
	assert.Greater(t, f.done, 100)
	assert.Greater(t, f.incidents, 50)
}

// hold is the table's bounds.
func (f *dayFigures) hold(t *testing.T) {
	assert.Equal(t, f.known, f.knownOK, "reads of something known were answered")
	assert.Less(t, percentile(f.knownTook, .99), 3200*time.Millisecond)
	for _, p := range f.phases {
		assert.Less(t, percentile(p.took, .99), 3200*time.Millisecond, p.name)
	}
	assert.LessOrEqual(t, f.most(), 2)
	assert.Zero(t, f.lateStale())
	assert.Less(t, f.firstFresh(), mostlyBack)
	assert.Less(t, f.oldUntil(), mostlyBack)
	assert.Zero(t, f.early())
}
