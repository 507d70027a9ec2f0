package triage

import (
	"hash/maphash"
	"time"
)

// seenPlaces is how many objects are remembered; of two that fall into one
// place the later stays.
const seenPlaces = 1 << 14

// seen remembers when a connection last could read an object. It is a table of
// fixed size that never grows and costs a hit a few nanoseconds.
type seen struct {
	seed   maphash.Seed
	places []sighting
}

type sighting struct {
	hash uint64
	at   time.Duration // since the beginning
}

type sightingKey struct {
	connection string
	object     [16]byte
}

func newSeen() seen {
	return seen{seed: maphash.MakeSeed(), places: make([]sighting, seenPlaces)}
}

func (s *seen) note(connection string, object [16]byte, at time.Duration) {
	h := maphash.Comparable(s.seed, sightingKey{connection, object})
	s.places[h%seenPlaces] = sighting{h, at}
}

// when is when the connection could last read the object; 0 if that is not
// known.
func (s *seen) when(connection string, object [16]byte) time.Duration {
	h := maphash.Comparable(s.seed, sightingKey{connection, object})
	if p := s.places[h%seenPlaces]; p.hash == h {
		return p.at
	}
	return 0
}
