package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"notionproxy/config"
	"notionproxy/notiontest"
)

type demoCommand struct{}

// Run serves a small Notion of our own and the proxy in front of it, and says
// what to try. Settings of the environment and of files do not count: nobody's
// real token has a part in this.
func (demoCommand) Run(ctx context.Context, p *program) error {
	if p.flags.Config != "" {
		return usageError{errors.New("demo reads no settings file; leave --config out")}
	}
	flags, err := p.flags.settings()
	if err != nil {
		return err
	}
	fake := notiontest.New(notiontest.Options{})
	workspace := fake.Demo(notiontest.DemoOptions{})
	defer fake.Close()
	ln, err := loopback(ctx)
	if err != nil {
		return err
	}
	go func() { _ = fake.Serve(ln) }()
	stop, control, err := serveControl(ctx, fake)
	if err != nil {
		return err
	}
	defer stop()

	ctx, end := context.WithCancel(ctx)
	var app sync.WaitGroup
	defer app.Wait()
	defer end()
	from := config.Sources{Flags: append(demoSettings(ln.Addr().String(), demoAdmin(ctx)), flags...)}
	p.unlogged = demoName // or its lines would bury the reader's
	return p.serve(ctx, from, func(at addresses) {
		fmt.Fprint(p.stdout, demoText(at.clients, control, workspace))
		app.Go(func() { (&demoApp{proxy: at.clients, workspace: workspace}).run(ctx) })
	})
}

// demoSettings make the demonstration short: answers are fresh for an instant
// only, so that breaking Notion shows at once.
func demoSettings(fake, admin string) []config.Setting {
	const from = "demo"
	return []config.Setting{
		{Key: "notion.url", Value: "http://" + fake, From: from},
		{Key: "status_page.url", Value: "", From: from},
		{Key: "cache.fresh.content", Value: demoFresh.String(), From: from},
		{Key: "cache.fresh.me", Value: demoFresh.String(), From: from},
		{Key: "admin.listen", Value: admin, From: from},
		{Key: "shutdown.delay", Value: "0s", From: from},
	}
}

const demoFresh = 2 * time.Second

// demoAdmin is where the admin listener is by default, so that the commands of
// the triage page work as they stand, or any port where that is taken.
func demoAdmin(ctx context.Context) string {
	usual := config.Default().Admin.Listen
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", usual)
	if err != nil {
		return "127.0.0.1:0"
	}
	_ = ln.Close()
	return usual
}

func loopback(ctx context.Context) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the demonstration: %w", err)
	}
	return ln, nil
}

// serveControl serves what breaks and mends the fake.
func serveControl(ctx context.Context, fake *notiontest.Notion) (stop func(), addr string, err error) {
	ln, err := loopback(ctx)
	if err != nil {
		return nil, "", err
	}
	s := &http.Server{
		Handler:           fake.Control(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
	}
	go func() { _ = s.Serve(ln) }()
	return func() { _ = s.Close() }, ln.Addr().String(), nil
}

// demoText is what the reader may paste into a terminal.
func demoText(proxy, control string, d notiontest.Demo) string {
	header := fmt.Sprintf("-H 'Authorization: Bearer %s' -H 'Notion-Version: 2026-03-11'", d.Token)
	query := fmt.Sprintf("curl -i %s -H 'Content-Type: application/json' http://%s/v1/data_sources/%s/query -d '{\"page_size\":2}'", header, proxy, d.DataSource)
	var b strings.Builder
	for _, step := range [][2]string{
		{"The proxy is at http://" + proxy + ", before a small Notion of its own, which a small application reads once a second. What is wrong, and what to do, is at", ""},
		{"", "http://" + proxy + "/triage"},
		{"Keep that open in a browser. In another terminal:", ""},
		{"Whose token is this? Twice within " + demoFresh.String() + ", and Notion is asked once: look at Cache-Status.",
			fmt.Sprintf("curl -i %s http://%s/v1/users/me", header, proxy)},
		{"Read a database.", query},
		{"Break Notion, then read the database again: the answer that is kept still comes, marked as stale. In a few seconds the page says whose fault it is.",
			"curl -X POST 'http://" + control + "/break?how=502'"},
		{"And mend it. Other ways to break it are how=429, slow, hang, down, html and cut.", "curl -X POST http://" + control + "/mend"},
		{"Rename a property that the application uses, and see the page explain its errors.",
			"curl -X POST 'http://" + control + "/edit?what=rename&id=" + d.DataSource + "&value=Status&to=State'"},
		{"Revoke the token. There is no way back from this one.", "curl -X POST 'http://" + control + "/edit?what=revoke&value=" + d.Token + "'"},
		{"Ctrl-C ends this.", ""},
	} {
		if step[0] != "" {
			_, _ = io.WriteString(&b, step[0]+"\n\n")
		}
		if step[1] != "" {
			_, _ = io.WriteString(&b, "  "+step[1]+"\n\n")
		}
	}
	return b.String()
}
