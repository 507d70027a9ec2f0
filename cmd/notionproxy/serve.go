package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"go.uber.org/zap"

	"notionproxy/cache/seal"
	"notionproxy/config"
	"notionproxy/exchange"
	"notionproxy/metrics"
	"notionproxy/proxy"
	"notionproxy/triage/page"
)

// handler is what this program serves.
type handler interface {
	http.Handler

	// Drain begins the end: readiness turns off, what is queued is refused,
	// event streams are cut. Requests are still answered. It does not wait.
	Drain()
}

// deps are what the parts of the handler need from outside, beside settings.
type deps struct {
	token    func() string   // the token to lend; "" for none
	secret   func() string   // what callers must send to be lent it; "" for none
	redis    func() string   // the password of Redis; "" for none
	keys     seal.Ring       // what is hidden in Redis is hidden under
	notify   notifyFiles     // secrets of those who are told of incidents
	messages *page.Messages  // what is sent in incidents
	roots    *x509.CertPool  // what to trust as Notion; nil means the system's
	record   exchange.Reader // takes every finished request
	log      *zap.Logger     // for rare events
	tracer   proxy.Tracer    // nil where nobody traces
	version  string
}

type serveCommand struct{}

// Run serves until ctx ends, then finishes what is under way.
func (serveCommand) Run(ctx context.Context, p *program) error {
	from, err := p.sources()
	if err != nil {
		return err
	}
	return p.serve(ctx, from, func(addresses) {})
}

// serve reads the settings, opens what they name, puts the parts together and
// serves. It calls ready once connections are taken.
func (p *program) serve(ctx context.Context, from config.Sources, ready func(addresses)) error {
	from, cfg, err := loadOnce(from)
	if err != nil {
		return err
	}
	open, err := openFiles(cfg)
	if err != nil {
		return err
	}
	logs := newLogs(cfg.Log, p.stderr)
	defer logs.close()
	for _, warning := range append(cfg.Warnings(), open.warnings...) {
		logs.events.Warn(warning)
	}
	tracer, closeTracer, err := p.openTracer(ctx, logs.events)
	if err != nil {
		return err
	}
	defer closeTracer()
	h, err := newHandler(cfg, p.dependencies(cfg, open, logs, tracer))
	if err != nil {
		return err
	}
	defer h.Close() // ends what it runs in the background, however this ends
	live := newSettings(from, cfg, logs.events, func(c config.Config) {
		logs.setLevel(c.Log.Level)
		h.Configure(c)
	})
	defer watchAll(ctx, logs.events, append(open.reloaders(), live))()

	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listening for clients: %w", err)
	}
	at, stop, err := h.serveBeside(ctx, cfg, live, open)
	if err != nil {
		_ = ln.Close()
		return err
	}
	defer stop()
	at.clients = ln.Addr().String()
	ready(at)
	return newServer(cfg, open.certificate, h, logs.events).run(ctx, ln)
}

// addresses are where the program listens; "" where it does not.
type addresses struct{ clients, admin, webhooks string }

// serveBeside serves those who run the program, and Notion's events, until stop
// is called.
func (h parts) serveBeside(ctx context.Context, cfg config.Config, live *settings, open *files) (at addresses, stop func(), err error) {
	taken := newEvents(cfg.Webhooks, h, open)
	if taken != nil {
		h.metrics.Add(metrics.Sources{Webhook: taken.measured})
	}
	var stopAdmin, stopEvents func()
	if at.admin, stopAdmin, err = serveAdmin(ctx, cfg.Admin.Listen, adminSurface(cfg.Admin, h, live, open, taken), h.d.log); err != nil {
		return at, nil, err
	}
	if at.webhooks, stopEvents, err = taken.serve(ctx, cfg.Webhooks.Listen); err != nil {
		stopAdmin()
		return at, nil, err
	}
	return at, func() { stopEvents(); stopAdmin() }, nil
}

func (p *program) dependencies(cfg config.Config, open *files, logs *logs, tracer proxy.Tracer) deps {
	return deps{
		token:    secretFrom(open.token, cfg.Notion.Token),
		secret:   secretFrom(open.secret, cfg.Clients.Secret),
		redis:    secretFrom(open.redis, cfg.Redis.Password),
		keys:     open.keys,
		notify:   open.notify,
		messages: open.messages,
		roots:    open.roots,
		record:   p.log(logs.record),
		log:      logs.events,
		tracer:   tracer,
		version:  buildVersion(),
	}
}

// log is record without what is not to be logged.
func (p *program) log(record exchange.Reader) exchange.Reader {
	if p.unlogged == "" {
		return record
	}
	return func(x *exchange.Exchange) {
		if x.Client != p.unlogged {
			record(x)
		}
	}
}

// secretFrom reads the file if there is one, else says what the environment
// did.
func secretFrom(file *secretFile, fixed config.Secret) func() string {
	if file != nil {
		return file.Value
	}
	return func() string { return string(fixed) }
}

// watchAll watches files in the background; call stop to end that and wait for
// it.
func watchAll(ctx context.Context, log *zap.Logger, all []reloader) (stop func()) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { watch(ctx, log, hup, all) })
	return func() {
		signal.Stop(hup)
		cancel()
		done.Wait()
	}
}
