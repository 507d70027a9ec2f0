package upstream

import "time"

// ofLate is how long a breaker counts after its last call. One that nobody
// uses any more would stay as it was for ever, down among others: that of a
// token which has turned out to be a connection's, or of a client that is gone.
const ofLate = 5 * time.Minute

// States counts breakers by family and state: one for each connection that has
// made a call of the family within the last five minutes. While one is down,
// probes are such calls. The families are those that have breakers.
func (x *Breakers) States(now time.Time) map[string]map[Health]int {
	states := map[string]map[Health]int{}
	for _, family := range families {
		states[family] = map[Health]int{}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.m.Keys() {
		b, _ := x.m.Peek(c)
		if of := states[c.Family]; of != nil && now.Sub(b.used) < ofLate {
			of[b.health(now)]++
		}
	}
	return states
}
