package main

import (
	"context"
	"fmt"
	"time"
)

// A sample is what one run of one server showed.
type sample struct {
	requests int
	cpu      time.Duration // of the server, user and system
	wall     time.Duration // while it was asked
}

// each is the CPU time of one request.
func (s sample) each() time.Duration { return s.cpu / time.Duration(s.requests) }

// A result is all runs of one row, in pairs: the n-th of both servers ran side
// by side.
type result struct {
	row         row
	base, proxy []sample
}

// bench is what all measuring needs.
type bench struct {
	options options
	cores   cores
	servers servers
	pantry  pantry
}

// measure runs one row, each time with new processes, so that what a process
// happens to be born with (where its memory lies, above all) is not taken for
// what the program costs.
func (b *bench) measure(ctx context.Context, r row) (result, error) {
	all := result{row: r}
	for n := range b.options.runs {
		base, proxy, err := b.pair(ctx, r, b.profile(r, n))
		if err != nil {
			return all, fmt.Errorf("%v, run %d: %w", r, n+1, err)
		}
		all.base, all.proxy = append(all.base, base), append(all.proxy, proxy)
	}
	return all, nil
}

// turn is how long one server is asked before it is the other's turn: short,
// so that both get their share of whatever else the machine does.
const turn = 100 * time.Millisecond

// pair is one run of both servers, in turns. perf is a directory for
// profiles of both; empty: none.
func (b *bench) pair(ctx context.Context, r row, perf string) (base, proxy sample, err error) {
	x, err := b.ready(ctx, r, b.servers.beside(r), nil)
	if err != nil {
		return base, proxy, fmt.Errorf("%s: %w", r.beside, err)
	}
	defer x.end()
	y, err := b.ready(ctx, r, b.servers.proxy(), r.cached)
	if err != nil {
		return base, proxy, fmt.Errorf("notionproxy: %w", err)
	}
	defer y.end()
	for name, s := range map[string]*subject{r.beside: x, "notionproxy": y} {
		stop, err := record(ctx, s.process.pid(), perf, name)
		if err != nil {
			return base, proxy, err
		}
		defer stop()
	}
	if err = b.turns(ctx, x, y); err != nil {
		return base, proxy, err
	}
	return x.sample, y.sample, nil
}

// turns is the part that counts.
func (b *bench) turns(ctx context.Context, both ...*subject) error {
	for _, s := range both {
		if err := s.begin(); err != nil {
			return err
		}
	}
	for range max(1, b.options.slice/turn) {
		for _, s := range both {
			if err := s.turn(ctx, min(turn, b.options.slice)); err != nil {
				return err
			}
		}
	}
	for _, s := range both {
		if err := s.finish(); err != nil {
			return err
		}
	}
	return context.Cause(ctx) // cut short, the numbers would look like any others
}
