package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"notionproxy/admin"
)

type topCommand struct {
	Once     bool          `help:"Show it once and exit."`
	JSON     bool          `name:"json" help:"As JSON, a line each time."`
	Interval time.Duration `default:"2s" help:"How often."`
}

// topEntries is how many entries are shown.
const topEntries = 15

// seen is what the proxy told at one time.
type seen struct {
	At time.Time `json:"at"`
	admin.Overview
	Entries []admin.Entry `json:"entries"` // those read most
}

// Run shows who asks, what is left, how requests are answered and what is
// stored, again and again until it is interrupted.
func (c topCommand) Run(ctx context.Context, p *program) error {
	if c.Interval < time.Second/10 {
		return usageError{fmt.Errorf("--interval is %v; want 100ms or more", c.Interval)}
	}
	ask, err := p.admin()
	if err != nil {
		return err
	}
	defer ask.close()
	tick := time.NewTicker(c.Interval)
	defer tick.Stop()
	var before *seen
	for {
		now, err := look(ctx, ask)
		if err != nil {
			return err
		}
		if err := c.print(p, before, now); err != nil || c.Once {
			return err
		}
		before = now
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func look(ctx context.Context, ask *adminClient) (*seen, error) {
	s := &seen{At: time.Now().UTC()}
	if err := ask.get(ctx, "/overview", &s.Overview); err != nil {
		return nil, err
	}
	var entries admin.Entries
	if err := ask.get(ctx, fmt.Sprintf("/entries?limit=%d", topEntries), &entries); err != nil {
		return nil, err
	}
	s.Entries = entries.Entries
	return s, nil
}

// clearScreen puts the cursor at the top of an empty terminal.
const clearScreen = "\x1b[H\x1b[2J"

func (c topCommand) print(p *program, before, now *seen) error {
	var out bytes.Buffer
	switch {
	case c.JSON:
		if err := json.NewEncoder(&out).Encode(now); err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
	default:
		if !c.Once && isTerminal(p.stdout) {
			out.WriteString(clearScreen)
		}
		drawTop(&out, before, now)
	}
	_, err := p.stdout.Write(out.Bytes())
	return err
}
