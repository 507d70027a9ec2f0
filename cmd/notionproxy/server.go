package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"

	"notionproxy/config"
	"notionproxy/proxy"
)

// Of clients over HTTP/2: one that is gone without a word, and one that takes
// nothing of its answer, are given up after this long.
const (
	pingAfter    = 30 * time.Second
	pingTimeout  = 15 * time.Second
	writeTimeout = 30 * time.Second
)

// server is the listener for clients, from its first connection to its end.
type server struct {
	http     *http.Server
	handler  handler
	shutdown config.Shutdown
	isTLS    bool
	leaving  atomic.Bool
	log      *zap.Logger
}

// newServer sets every limit that net/http has. There is no WriteTimeout: it
// would cut event streams, which have no end; whoever writes an answer bounds
// how long a client may not take it.
func newServer(cfg config.Config, cert *certificate, h handler, log *zap.Logger) *server {
	s := &server{handler: h, shutdown: cfg.Shutdown, isTLS: cert != nil, log: log}
	errorLog, _ := zap.NewStdLogAt(log, zap.WarnLevel)
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serveHTTP),
		ReadHeaderTimeout: cfg.Limits.HeaderTimeout,
		IdleTimeout:       cfg.Limits.IdleTimeout,
		MaxHeaderBytes:    int(cfg.Limits.Headers),
		ErrorLog:          errorLog,
		ConnContext:       proxy.JoinedContext,
		Protocols:         protocols(cert != nil),
		HTTP2:             &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout, WriteByteTimeout: writeTimeout},

		// net/http would answer OPTIONS * by itself, before the gate.
		DisableGeneralOptionsHandler: true,
	}
	if cert != nil {
		s.http.TLSConfig = cert.config()
	}
	return s
}

// protocols has HTTP/2 over TLS only: in clear text it begins with an upgrade,
// which is a way past the gate.
func protocols(isTLS bool) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetHTTP2(isTLS)
	return p
}

// serveHTTP asks clients to close their connections once the server is
// leaving. Connections that the server closed itself would take requests with
// them that are on their way.
func (s *server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	if s.leaving.Load() {
		w.Header().Set("Connection", "close")
	}
	s.handler.ServeHTTP(w, r)
}

// run serves on ln until ctx ends, and then until all is answered. It closes
// ln.
func (s *server) run(ctx context.Context, ln net.Listener) error {
	s.log.Info("listening", zap.String("address", ln.Addr().String()), zap.Bool("tls", s.isTLS), zap.String("version", buildVersion()))
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ln) }()
	tellSystemd(s.log, daemon.SdNotifyReady)
	select {
	case err := <-ended:
		return fmt.Errorf("serving clients: %w", err)
	case <-ctx.Done():
		return s.drain(func() {
			_ = ln.Close()
			err := <-ended
			s.log.Debug("stopped listening", zap.Error(err))
		})
	}
}

func (s *server) serve(ln net.Listener) error {
	if s.isTLS {
		return s.http.ServeTLS(ln, "", "")
	}
	return s.http.Serve(proxy.Joined(ln))
}

// lastRequests is how long the requests of connections that were taken last may
// take to arrive.
const lastRequests = 100 * time.Millisecond

// drain ends the server in the order that loses nothing: no longer ready, no
// longer kept alive, no longer listening, nothing under way.
func (s *server) drain(stopListening func()) error {
	s.log.Info("shutting down")
	tellSystemd(s.log, daemon.SdNotifyStopping, stopsWithin(s.shutdown.Delay+s.shutdown.Timeout))
	s.handler.Drain()
	s.leaving.Store(true)
	time.Sleep(s.shutdown.Delay)

	s.http.SetKeepAlivesEnabled(false)
	// Once Shutdown has begun, net/http drops requests that it has only just
	// read (go1.26, conn.serve).
	stopListening()
	time.Sleep(lastRequests)

	ctx, cancel := context.WithTimeout(context.Background(), s.shutdown.Timeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		_ = s.http.Close()
		return fmt.Errorf("cut off what was still under way after %v", s.shutdown.Timeout)
	}
	s.log.Info("shut down")
	return err
}
