package upstream

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

const (
	// snapshotVersion changes with the form of a snapshot. One of another is
	// taken for missing.
	snapshotVersion = 1

	// outageLife is how long after a call last failed another process may
	// believe that Notion is down: as long as its status page is believed.
	// After a longer break, a call says more.
	outageLife = 10 * time.Minute

	// mostOutages bounds a snapshot to some 60 KB. More connections than that
	// are found out about anew.
	mostOutages = 300
)

// A snapshot is which breakers are open, as it outlives the process.
type snapshot struct {
	Version int      `json:"v"`
	Outages []outage `json:"down"`
}

type outage struct {
	Connection string    `json:"c"`
	Family     string    `json:"f"`
	Since      time.Time `json:"s"`
	Failed     time.Time `json:"l"` // the last call that did
	Next       time.Time `json:"n"` // when the next probe may leave
}

// Snapshot writes down which breakers are open, those that failed last if they
// are many, for Restore.
func (x *Breakers) Snapshot() []byte {
	s := snapshot{Version: snapshotVersion}
	x.mu.Lock()
	for _, c := range x.m.Keys() {
		if b, _ := x.m.Peek(c); b.down {
			s.Outages = append(s.Outages, outage{c.Connection, c.Family, b.since.Round(0), b.failed.Round(0), b.next.Round(0)})
		}
	}
	x.mu.Unlock()
	slices.SortFunc(s.Outages, func(a, b outage) int {
		return cmp.Or(b.Failed.Compare(a.Failed), cmp.Compare(a.Connection+a.Family, b.Connection+b.Family))
	})
	s.Outages = s.Outages[:min(len(s.Outages), mostOutages)]
	b, err := json.Marshal(s)
	if err != nil {
		return nil // there is nothing in it that has no JSON
	}
	return b
}

// Restore opens the breakers that were open when another process wrote the
// snapshot, if that is not too long ago to mean anything. The next probe leaves
// when that process' would have, and no later than it does after a failure.
// What can't be read is ignored. Call it before the first Try.
func (x *Breakers) Restore(b []byte, now time.Time) {
	var s snapshot
	if json.Unmarshal(b, &s) != nil || s.Version != snapshotVersion {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, o := range s.Outages {
		if age := now.Sub(o.Failed); age < 0 || age > outageLife {
			continue
		}
		b := x.at(Circuit{o.Connection, o.Family})
		b.down, b.since, b.failed, b.used = true, o.Since, o.Failed, now
		b.next = o.Next
		if latest := now.Add(probeEvery); b.next.After(latest) {
			b.next = latest
		}
	}
}
