package main

import (
	"context"
	"strings"
	"time"

	"go.uber.org/zap"

	"notionproxy/proxy"
	"notionproxy/tracing"
)

// lastSpans is how long sending what is left may take at the end.
const lastSpans = 5 * time.Second

// openTracer makes the tracer that the environment asks for; nil if it asks for
// none. close sends what is left.
func (p *program) openTracer(ctx context.Context, log *zap.Logger) (t proxy.Tracer, close func(), err error) {
	wanted, err := tracing.Wanted(p.variable)
	if err != nil || !wanted {
		return nil, func() {}, err
	}
	warn := func(err error) { log.Warn("traces are not sent", zap.Error(err)) }
	tracer, end, err := tracing.Open(ctx, buildVersion(), warn)
	if err != nil {
		return nil, nil, err
	}
	return tracer, func() {
		ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
		defer cancel()
		if err := end(ctx); err != nil {
			warn(err)
		}
	}, nil
}

// variable is one of the environment.
func (p *program) variable(name string) string {
	for _, v := range p.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
