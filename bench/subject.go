package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A subject is a server under measure, with the load that asks it.
type subject struct {
	process *process
	load    *load
	sample  sample
	before  time.Duration // its CPU time when the counting began
}

// ready starts a server, and asks it until it is warm. check is of every
// answer but the first few; nil: the server is not notionproxy.
func (b *bench) ready(ctx context.Context, r row, c command, check func(reply) error) (*subject, error) {
	p, err := start(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &subject{process: p}
	if s.load, err = newLoad(ctx, p.addr, r, b.pantry, b.options.clients); err != nil {
		s.end()
		return nil, err
	}
	if err = s.load.prime(); err == nil {
		s.load.check = check
		_, err = s.load.run(ctx, b.options.warm)
	}
	if err != nil {
		err = fmt.Errorf("warming up: %w; it wrote: %s", err, p.errors)
		s.end()
		return nil, err
	}
	return s, nil
}

func (s *subject) begin() (err error) {
	s.before, err = cpuTime(s.process.pid())
	return err
}

// turn asks for so long.
func (s *subject) turn(ctx context.Context, long time.Duration) error {
	begun := time.Now()
	n, err := s.load.run(ctx, long)
	s.sample.requests += n
	s.sample.wall += time.Since(begun)
	return err
}

// finish takes the CPU time since begin. What the server did between its turns
// is in it: it was put off, not saved.
func (s *subject) finish() error {
	after, err := cpuTime(s.process.pid())
	s.sample.cpu = after - s.before
	if err == nil && s.sample.requests == 0 {
		err = errors.New("no question was answered in time")
	}
	return err
}

func (s *subject) end() {
	if s.load != nil {
		s.load.close()
	}
	s.process.stop()
}
