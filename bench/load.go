package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A load asks one server the questions of one row over a few connections, each
// as fast as it is answered.
type load struct {
	clients []*client
	asked   uint64              // the number of the last question
	check   func(a reply) error // of each answer; nil: no more than all clients check
}

func newLoad(ctx context.Context, addr string, r row, p pantry, clients int) (*load, error) {
	l := &load{}
	for range clients {
		c, err := dial(ctx, addr, r, p)
		if err != nil {
			l.close()
			return nil, err
		}
		l.clients = append(l.clients, c)
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.clients {
		_ = c.conn.Close() // nothing is left to be lost
	}
}

// prime asks a few questions one by one and takes whatever is answered, so
// that the server knows the token, and what is to be a hit.
func (l *load) prime() error {
	for range 4 {
		err := l.ask(l.clients[0])
		if err == nil {
			_, err = l.clients[0].answer()
		}
		if err != nil {
			return fmt.Errorf("priming: %w", err)
		}
		time.Sleep(5 * time.Millisecond) // for what the proxy asks on its own account
	}
	return nil
}

// run asks for so long and returns how many questions were answered. One wrong
// answer is an error.
//
// One goroutine does it all: it asks on each connection, and then takes
// answers and asks again in turn. While it is busy with one connection the
// server has the others, so neither waits much, and the load costs half of
// what a goroutine for each connection would.
func (l *load) run(ctx context.Context, long time.Duration) (answered int, err error) {
	for _, c := range l.clients {
		if err := errors.Join(c.expect(long), l.ask(c)); err != nil {
			return 0, err
		}
	}
	for end := time.Now().Add(long); time.Now().Before(end) && ctx.Err() == nil; {
		for _, c := range l.clients {
			if err := l.take(c); err != nil {
				return answered, err
			}
			if err := l.ask(c); err != nil {
				return answered, err
			}
		}
		answered += len(l.clients)
	}
	for _, c := range l.clients {
		if err := l.take(c); err != nil {
			return answered, err
		}
	}
	return answered + len(l.clients), nil
}

func (l *load) ask(c *client) error {
	l.asked++
	return c.ask(l.asked)
}

// take takes one answer.
func (l *load) take(c *client) error {
	a, err := c.answer()
	if err != nil || l.check == nil {
		return err
	}
	return l.check(a)
}
