package main

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"notionproxy/config"
	"notionproxy/triage"
	"notionproxy/triage/notify"
	"notionproxy/triage/page"
)

// openMessages reads the templates of messages.
func openMessages(cfg config.Config) (*page.Messages, error) {
	if cfg.Notify.Templates == "" {
		return page.DefaultMessages(), nil
	}
	folder := os.DirFS(cfg.Notify.Templates)
	if _, err := fs.Stat(folder, "."); err != nil {
		return nil, fmt.Errorf("notify.templates: %w", err)
	}
	m, err := page.ReadMessages(folder)
	if err != nil {
		return nil, fmt.Errorf("notify.templates: %w", err)
	}
	return m, nil
}

// tell has n tell of incidents. base is where people reach the page.
func tell(n *notify.Notifier, m *page.Messages, base string) func(triage.Notice) {
	return func(notice triage.Notice) { n.Send(page.Event(notice, m, base, time.Now())) }
}

// pageOptions are what the pages of all listeners have in common.
func pageOptions(cfg config.Config, d deps, verdicts *triage.Triage, told *notify.Notifier) page.Options {
	return page.Options{Source: verdicts, Messages: d.messages, URL: cfg.Notify.Page, Notifications: told.Status, Version: d.version}
}

// dataPage is the page on the listener for clients. Where others than this
// machine reach that, it names nobody.
func dataPage(cfg config.Config, o page.Options) *page.Page {
	o.Public = !cfg.IsLoopback()
	if !o.Public {
		o.IsHost = hosts(cfg.Clients.Hosts)
	}
	return page.New(o)
}

// hosts are the names under which the page may be asked for on loopback: those
// of loopback itself, and those that the settings allow. A web site can have a
// name of its own point here, but not one of these.
func hosts(more []string) func(string) bool {
	return func(hostport string) bool {
		host := hostport
		if h, _, err := net.SplitHostPort(hostport); err == nil {
			host = h
		}
		host = strings.Trim(host, "[]")
		addr, err := netip.ParseAddr(host)
		return host == "localhost" || err == nil && addr.IsLoopback() ||
			slices.ContainsFunc(more, func(name string) bool { return strings.EqualFold(name, host) })
	}
}
