// Package together has no code but its tests: a model that tries to catch three
// whole proxies, joined by a real Redis, in a lie.
//
//	clients, each at any replica                    client_test.go, read_test.go, write_test.go
//	  │
//	proxy.Proxy  proxy.Proxy  proxy.Proxy            world_test.go
//	  │     │      │     │      │     │
//	  │   relay    │   relay    │   relay              relay_test.go: cut, held, deaf or slow
//	  │     └──────│─────┴──────│─────┘
//	  │            │        redis-server               paused, killed, emptied, another's
//	notiontest                                         with faults, and edits behind all backs
//
// weather_test.go knows who was cut off when, and so until when a replica may
// show what a write at another has made untrue; check_test.go holds each answer
// against that. Time is real, since Redis has no other: a seed decides what is
// asked and what breaks, and not which goroutine comes first.
package together
