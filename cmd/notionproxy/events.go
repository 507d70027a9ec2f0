package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"notionproxy/admin"
	"notionproxy/config"
	"notionproxy/metrics"
	"notionproxy/webhook"
)

// events are Notion's, and what becomes of them.
type events struct {
	*webhook.Receiver
	parts parts
}

// newEvents is where Notion's events are taken; nil where none are.
func newEvents(cfg config.Webhooks, h parts, open *files) *events {
	if cfg.Listen == "" {
		return nil
	}
	return &events{parts: h, Receiver: webhook.New(webhook.Options{
		Secret: open.webhooks, Take: h.Notice, Overlook: h.Overlook,
		Warn: func(what string) { h.d.log.Warn(what) }, Report: func(what string) { h.d.log.Info(what) },
	})}
}

// serve takes events until stop is called.
func (e *events) serve(ctx context.Context, listen string) (addr string, stop func(), err error) {
	if e == nil {
		return "", func() {}, nil
	}
	addr, end, err := serveBeside(ctx, "webhooks", listen, webhook.Server(e), e.parts.d.log)
	if err != nil {
		return "", nil, err
	}
	// Not ctx, which ends when the program is asked to: until stop, events are
	// still taken.
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		e.Run(working)
	}()
	return addr, func() { end(); cancel(); <-worked }, nil
}

// serveBeside serves what is not for clients, until stop is called. section is
// that of the settings.
func serveBeside(ctx context.Context, section, listen string, s *http.Server, log *zap.Logger) (addr string, stop func(), err error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return "", nil, fmt.Errorf("listening for %s: %w; set %s.listen to another address, or to nothing", section, err, section)
	}
	s.ErrorLog, _ = zap.NewStdLogAt(log, zap.WarnLevel)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	log.Info("listening for "+section, zap.String("address", ln.Addr().String()))
	return ln.Addr().String(), func() { _ = s.Close(); <-done }, nil
}

// measured is what metrics have of them.
func (e *events) measured() metrics.Webhook {
	s := e.Status()
	return metrics.Webhook{
		Events: s.Received, Rejected: s.Refused + s.TooLong + s.Unread, Dropped: e.parts.Stored().DroppedByEvent, Lag: s.Lag, Last: s.Last,
	}
}

// Events is how they fare, as the admin listener shows it.
func (e *events) Events() admin.Events {
	s, now := e.Status(), time.Now()
	trust := e.parts.Trust()
	shown := admin.Events{
		Secret: s.Secret, SecretFile: s.SecretFile, Last: -1, Waiting: s.Waiting, Received: s.Received, Repeated: s.Repeated,
		Folded: s.Folded, Overlooked: s.Overlooked, Unread: s.Unread, Refused: s.Refused, TooLong: s.TooLong,
		Dropped: e.parts.Stored().DroppedByEvent, Missing: trust.Expected,
	}
	if !s.Armed.IsZero() {
		shown.Armed = seconds(s.Armed.Sub(now)) + 1
	}
	if !s.Last.IsZero() {
		shown.Last = seconds(now.Sub(s.Last))
	}
	switch {
	case !trust.Wanted:
		shown.Trust = "off"
	case trust.Bot == "":
		shown.Trust = "waiting"
	case trust.On:
		shown.Trust = "on"
	default:
		shown.Trust = "ended"
	}
	return shown
}
