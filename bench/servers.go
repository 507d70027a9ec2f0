package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// servers knows how each server is started.
type servers struct {
	self   string // this program
	binary string // notionproxy
	notion string // address of the canned Notion
	core   string // of the server under measure
	env    []string
}

// role starts one of our own servers.
func (s servers) role(core, name string, args ...string) command {
	return command{core: core, args: func(listen string) []string {
		return append([]string{s.self, "-serve", name, "-listen", listen}, args...)
	}}
}

// beside is what a row is measured beside.
func (s servers) beside(r row) command {
	return s.role(s.core, r.beside, "-id", r.bareID(), "-notion", s.notion)
}

// proxy is notionproxy as in production, but for what would slow the load
// down or end what it measures: its budget, and how long answers are fresh.
func (s servers) proxy() command {
	return command{
		core: s.core,
		args: func(string) []string { return []string{s.binary} },
		env: func(listen string) []string {
			return append([]string{
				"NOTIONPROXY_LISTEN=" + listen,
				"NOTIONPROXY_NOTION_URL=" + s.notion,
				"NOTIONPROXY_LOG_FORMAT=json",
				"NOTIONPROXY_LIMITER_PER_MINUTE=1000000",
				"NOTIONPROXY_LIMITER_BURST=1000000",
				"NOTIONPROXY_LIMITER_HEADROOM=0",
				"NOTIONPROXY_ADMIN_LISTEN=127.0.0.1:0",
				"NOTIONPROXY_CACHE_FRESH_CONTENT=1h",
			}, s.env...)
		},
	}
}

// build builds notionproxy from the checkout at root, into dir.
func build(ctx context.Context, root, dir string) (string, error) {
	binary := filepath.Join(dir, "notionproxy")
	cmd := exec.CommandContext(ctx, "go", "build", "-C", root, "-o", binary, "./cmd/notionproxy")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building notionproxy: %w", err)
	}
	return binary, nil
}
