package main

import (
	"context"
	"fmt"

	"notionproxy/admin"
)

type modeCommand struct {
	ServeStale string `placeholder:"WHEN" help:"auto, always (whatever is kept goes out at once: the fallback mode) or never."`
}

// Run changes how the running proxy works, until its next start, and says how
// it works now. What to change is in --serve-stale and in the flags that every
// command has: --mode and --log-level.
func (c modeCommand) Run(ctx context.Context, p *program) error {
	ask, err := p.admin()
	if err != nil {
		return err
	}
	defer ask.close()
	if level := p.flags.LogLevel; level != "" {
		if err := ask.post(ctx, "/log", admin.Level{Level: level}, &admin.Level{}); err != nil {
			return err
		}
	}
	if m := (admin.Modes{ServeStale: c.ServeStale, Mode: p.flags.Mode}); m != (admin.Modes{}) {
		if err := ask.post(ctx, "/mode", m, &admin.Modes{}); err != nil {
			return err
		}
	}
	return c.show(ctx, p, ask)
}

func (c modeCommand) show(ctx context.Context, p *program, ask *adminClient) error {
	var m admin.Modes
	var l admin.Level
	if err := ask.get(ctx, "/mode", &m); err != nil {
		return err
	}
	if err := ask.get(ctx, "/log", &l); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "mode         %s\nserve_stale  %s\nlog.level    %s\n", m.Mode, m.ServeStale, l.Level)
	return nil
}
