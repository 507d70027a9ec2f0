package replica

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/cache"
	"notionproxy/notion"
	"notionproxy/replica/redistest"
)

const bearer = "Bearer secret_canary_token"

var owner = cache.OwnerOf(bearer)

// A storing replica has a store in front of the shared entries.
type storing struct {
	*Group
	*cache.Store
	stop func()
}

func newStoring(t *testing.T, url string) *storing {
	t.Helper()
	o := shortOptions(url)
	o.PartitionFresh = time.Second
	g, err := New(o)
	require.NoError(t, err)
	e := g.Entries()
	s := &storing{Group: g, Store: cache.New(cache.Options{
		MaxBytes: 8 << 20, Backing: e, Workspace: func(cache.Owner) string { return "space" }, Bot: func(cache.Owner) string { return "bot" },
	})}
	e.Attach(s.Store)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { g.Run(ctx) })
	s.stop = sync.OnceFunc(func() { cancel(); run.Wait() })
	t.Cleanup(s.stop)
	return s
}

func storingTogether(t *testing.T, all ...*storing) {
	t.Helper()
	eventually(t, "all replicas are there", func() bool {
		for _, s := range all {
			if st := s.State(); !st.Connected || st.Live != len(all) || !s.Current() {
				return false
			}
		}
		return true
	})
}

func pageID(n int) (id notion.ID) {
	binary.BigEndian.PutUint64(id[:], 0xfeedface00000000+uint64(n))
	return id
}

func question(n int) cache.Question {
	return cache.Question{Owner: owner, Key: cache.KeyOf(string(owner[:]), fmt.Sprint(n))}
}

func tagsOf(n int) []notion.Tag { return []notion.Tag{{Role: notion.Shows, ID: pageID(n)}} }

// put stores version v of page n.
func (s *storing) put(n, v int, ticket cache.Ticket, born time.Time) {
	op, _ := notion.Named("pages.retrieve")
	s.Put(cache.Answer{
		Question: question(n), Op: op, Ticket: ticket, Born: born, Tags: tagsOf(n), Named: []notion.ID{pageID(n)},
		Page:          cache.NewPage([]byte(fmt.Sprintf("canary title %d", v)), false, &notion.Survey{}),
		Authorization: bearer,
	})
}

// look is the version of page n that this replica would serve: what is fresh
// only, or what it may serve in trouble too.
func (s *storing) look(n int, fresh bool) (version int, ok bool) {
	now := time.Now()
	find := func() (cache.Found, bool) {
		f, ok := s.Lookup(question(n), now)
		if ok && fresh {
			ok = s.Current() && f.Fresh(now, cache.NoWants())
		}
		return f, ok && !(f.Suspect && fresh)
	}
	f, ok := find()
	if !ok {
		s.Recall(context.Background(), question(n), bearer, now)
		f, ok = find()
	}
	if !ok {
		return 0, false
	}
	version, err := strconv.Atoi(string(f.Page.Body[len("canary title "):]))
	return version, err == nil
}

func (s *storing) wrote(n int, certain bool) {
	s.Wrote(cache.Write{Owner: owner, Tags: tagsOf(n), Certain: certain}, time.Now())
	s.Settle(context.Background())
}

func TestEntries_areShared(t *testing.T) {
	s := redistest.Start(t)
	a, b := newStoring(t, s.URL()), newStoring(t, s.URL())
	storingTogether(t, a, b)

	a.put(1, 7, a.Begin(), time.Now())
	eventually(t, "the other has it", func() bool { v, ok := b.look(1, true); return ok && v == 7 })

	c := newStoring(t, s.URL())
	storingTogether(t, a, b, c)
	v, ok := c.look(1, true)
	assert.True(t, ok && v == 7, "who comes later has it at once")

	a.wrote(1, true)
	for _, r := range []*storing{a, b, c} {
		_, ok := r.look(1, false)
		assert.False(t, ok, "nobody has it after a write")
	}
	d := newStoring(t, s.URL())
	storingTogether(t, a, b, c, d)
	_, ok = d.look(1, false)
	assert.False(t, ok, "nor does who comes later")
}

func TestEntries_thatMayBeOverwrittenAreDoubtedByAll(t *testing.T) {
	s := redistest.Start(t)
	a, b := newStoring(t, s.URL()), newStoring(t, s.URL())
	storingTogether(t, a, b)
	a.put(1, 7, a.Begin(), time.Now())
	eventually(t, "the other can have it", func() bool { v, ok := b.look(1, true); return ok && v == 7 })

	b.wrote(1, false)

	for _, r := range []*storing{a, b} {
		_, fresh := r.look(1, true)
		_, kept := r.look(1, false)
		assert.False(t, fresh)
		assert.True(t, kept, "in trouble it may serve")
	}
}

func TestEntries_areDoubtedWhenNewsAreLost(t *testing.T) {
	s := redistest.Start(t)
	a, b := newStoring(t, s.URL()), newStoring(t, s.URL())
	storingTogether(t, a, b)
	a.put(1, 7, a.Begin(), time.Now())

	s.Kill()
	s.Restart()
	storingTogether(t, a, b)

	_, fresh := a.look(1, true)
	_, kept := a.look(1, false)
	assert.False(t, fresh)
	assert.True(t, kept)
}

// What is stored after somebody emptied Redis does not know of writes that come
// later, whatever their numbers.
func TestEntries_areDroppedInARedisThatWasEmptied(t *testing.T) {
	s := redistest.Start(t)
	a, b := newStoring(t, s.URL()), newStoring(t, s.URL())
	storingTogether(t, a, b)
	for range 5 {
		a.wrote(2, true)
	}
	s.Say("FLUSHALL")
	a.put(1, 7, a.Begin(), time.Now())
	eventually(t, "the other can have it", func() bool { _, ok := b.look(1, false); return ok })

	b.wrote(1, true)

	for _, r := range []*storing{a, b} {
		_, ok := r.look(1, true)
		assert.False(t, ok)
	}
}

// Nobody is shown what a write made untrue, whatever happens to Redis: at all
// by replicas that were told, for partition_fresh by who is cut off, and for a
// second where the others' word did not come in time.
func TestEntries_modelWithPartitions(t *testing.T) {
	const pages = 20
	length := 6 * time.Second
	if os.Getenv("NOTIONPROXY_LONG") == "1" {
		length = time.Minute // some two million reads and 40,000 writes
	}
	s := redistest.Start(t)
	var all []*storing
	var wires []*wire
	for range 3 {
		w := newWire(t, s.Addr())
		wires = append(wires, w)
		all = append(all, newStoring(t, w.URL()))
	}
	storingTogether(t, all...)
	m := model{all: all}
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	var run sync.WaitGroup
	for i := range all {
		for range 2 {
			run.Go(func() {
				for ctx.Err() == nil {
					m.step(t, i, rand.IntN(pages))
				}
			})
		}
	}
	for ctx.Err() == nil { // now and then something is cut, paused or killed
		switch rand.IntN(8) {
		case 0:
			s.Pause()
			time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
			s.Resume()
		case 1:
			s.Kill()
			s.Restart()
		case 2, 3, 4:
			w := wires[rand.IntN(len(wires))]
			w.Cut(true)
			time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
			w.Cut(false)
		}
		time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond)
	}
	run.Wait()
	t.Logf("%d reads, %d of them from store, %d writes, %d told in time", m.reads.Load(), m.hits.Load(), m.writes.Load(), m.told.Load())
	assert.Greater(t, m.hits.Load(), int64(100))
}

// model is a Notion of pages that have versions, and what has been written.
type model struct {
	all                       []*storing
	reads, hits, writes, told atomic.Int64

	mu      sync.Mutex
	version [100]int
	written [100][]written
}

type written struct {
	version int
	at      time.Time // when the writer was answered
	by      int
	told    bool // and all had heard of it by then
}

func (m *model) step(t *testing.T, i, n int) {
	if rand.IntN(60) == 0 {
		m.write(i, n)
		time.Sleep(time.Millisecond)
		return
	}
	m.reads.Add(1)
	start, r := time.Now(), m.all[i]
	v, ok := r.look(n, true)
	if ok {
		m.hits.Add(1)
		m.check(t, i, n, v, start)
		return
	}
	ticket, born := r.Begin(), time.Now()
	m.mu.Lock()
	v = m.version[n]
	m.mu.Unlock()
	time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
	r.put(n, v, ticket, born)
}

// last is the number of this replica's newest drop.
func (s *storing) last() uint64 {
	s.entries.mu.Lock()
	defer s.entries.mu.Unlock()
	return s.entries.last
}

func (m *model) write(i, n int) {
	m.writes.Add(1)
	r := m.all[i]
	m.mu.Lock()
	m.version[n]++
	v := m.version[n]
	m.mu.Unlock()
	r.Wrote(cache.Write{Owner: owner, Tags: tagsOf(n), Certain: true}, time.Now())
	told := r.Told(context.Background(), r.last())
	if told {
		m.told.Add(1)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written[n] = append(m.written[n], written{v, time.Now(), i, told && r.State().Live == len(m.all)})
}

// slack is what the machine may take beside the bounds.
const slack = 300 * time.Millisecond

// check looks for a write that the reader should have known of.
func (m *model) check(t *testing.T, i, n, v int, start time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.written[n] {
		ago := start.Sub(w.at)
		if w.version <= v || ago < 0 {
			continue
		}
		switch {
		case w.by == i, w.told:
			t.Errorf("replica %d shows version %d of page %d, %v after replica %d wrote %d (told %v)", i, v, n, ago, w.by, w.version, w.told)
		case ago > m.all[i].o.PartitionFresh+time.Second+slack:
			t.Errorf("replica %d shows version %d of page %d, %v after replica %d wrote %d, not told", i, v, n, ago, w.by, w.version)
		}
	}
}

// What was stored before a failover, or before news that nobody remembers, may
// be untrue by something that was lost.
func TestEntries_fromBeforeWhatIsKnownAreDoubted(t *testing.T) {
	s := redistest.Start(t)
	a := newStoring(t, s.URL())
	storingTogether(t, a)
	here, _ := a.place()
	for name, p := range map[string]place{
		"another history": {"0123456789abcdef0123456789abcdef01234567", here.number},
		"forgotten news":  {here.history, -1},
	} {
		t.Run(name, func(t *testing.T) {
			r := sample(100)
			a.entries.writeOne(context.Background(), save{record: r, authorization: bearer, place: p})
			got, ok := a.entries.Load(context.Background(), cache.Wanted{
				Question: cache.Question{Owner: r.Owner, Key: r.Key}, Authorization: bearer,
			})
			require.True(t, ok)
			assert.True(t, got.Suspect)
		})
	}
}

// With another token, another key or a damaged body nothing opens.
func TestEntries_openForNobodyElse(t *testing.T) {
	s := redistest.Start(t)
	a := newStoring(t, s.URL())
	storingTogether(t, a)
	r := sample(100)
	here, _ := a.place()
	a.entries.writeOne(context.Background(), save{record: r, authorization: bearer, place: here})
	load := func(authorization string) bool {
		w := cache.Wanted{Question: cache.Question{Owner: r.Owner, Key: r.Key}, Authorization: authorization}
		_, ok := a.entries.Load(context.Background(), w)
		return ok
	}
	require.True(t, load(bearer))
	assert.False(t, load("Bearer another"))
	key, _ := a.entries.key(r.Owner, r.Key)
	for _, at := range []int{0, placeBytes - 1, placeBytes + 20} {
		s.Say("SETRANGE", key, strconv.Itoa(at), "x")
		assert.False(t, load(bearer), "byte %d is another", at)
	}
}
