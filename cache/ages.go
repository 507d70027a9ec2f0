package cache

import "time"

// AgeBands are what Ages counts by: entries younger than the first, than the
// second, and so on, and last those that are older than all.
func AgeBands() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour}
}

// ages counts entries by age, as of the last Sweep.
type ages [6]int64

func (a *ages) add(age time.Duration) {
	for i, band := range AgeBands() {
		if age < band {
			a[i]++
			return
		}
	}
	a[len(a)-1]++
}

// Ages counts the entries in each of AgeBands and above, as the last Sweep
// found them.
func (s *Store) Ages() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64(nil), s.ages[:]...)
}
