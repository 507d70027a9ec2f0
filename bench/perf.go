package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var notInNames = regexp.MustCompile(`[^a-z0-9.]+`)

// profile is the directory for profiles of a row's last run; empty where none
// are wanted.
func (b *bench) profile(r row, run int) string {
	if b.options.perf == "" || run < b.options.runs-1 {
		return ""
	}
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(r.String()), "-"), "-")
	return filepath.Join(b.options.perf, name)
}

// record has perf(1) look at a process until stop is called. It sees the
// kernel's part too, which is half of a proxy's work and which Go's own
// profiles only hint at. Without a directory it does nothing.
func record(ctx context.Context, pid int, dir, name string) (stop func(), err error) {
	if dir == "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("making a place for profiles: %w", err)
	}
	cmd := exec.CommandContext(ctx, "perf", "record", "-q", "-F", "997", "-g", "-o", filepath.Join(dir, name+".perf"), "-p", strconv.Itoa(pid))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting perf: %w", err)
	}
	time.Sleep(300 * time.Millisecond) // until it looks
	return func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it then writes the file
		_ = cmd.Wait()                         // by that signal, always
	}, nil
}
