package upstream

import "time"

// States counts breakers by family and state, one for each connection that has
// made calls of the family. The families are those that have breakers; one
// that nobody has called is there with nothing in it.
func (x *Breakers) States(now time.Time) map[string]map[Health]int {
	states := map[string]map[Health]int{}
	for _, family := range families {
		states[family] = map[Health]int{}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.m.Keys() {
		if of := states[c.Family]; of != nil {
			b, _ := x.m.Peek(c)
			of[b.health(now)]++
		}
	}
	return states
}
