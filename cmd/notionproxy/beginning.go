package main

import (
	"strings"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"notionproxy/exchange"
)

// A beginning is what lines of requests begin with: what is asked, by whom, and
// how it ended. Nearly all requests have one that an earlier line had. A kind
// and a route follow from the operation, so that they need not be compared.
type beginning struct {
	operation, method        string
	connection, client, lane string
	outcome                  exchange.Outcome
	status                   int
}

func beginningOf(e *exchange.Exchange) beginning {
	return beginning{e.Operation, e.Method, e.Connection, e.Client, e.Lane, e.Outcome, e.Status}
}

// opening is an Exchange as the fields of its beginning.
type opening exchange.Exchange

// MarshalLogObject writes the fields.
func (e *opening) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("method", e.Method)
	text(enc, "route", e.Route)
	text(enc, "operation", e.Operation)
	text(enc, "kind", e.Kind)
	enc.AddInt("status", e.Status)
	enc.AddString("outcome", string(e.Outcome))
	who(enc, e.Connection, e.Client, e.Lane)
	return nil
}

// maxBeginnings bounds what is kept: callers make up names. Each takes some two
// kilobytes.
const maxBeginnings = 256

// beginnings keep the beginnings of lines as they are written, which is a
// quarter of what a line costs.
type beginnings struct {
	core zapcore.Core
	kept *simplelru.LRU[beginning, zapcore.Core]
}

func newBeginnings(core zapcore.Core) beginnings {
	kept, _ := simplelru.NewLRU[beginning, zapcore.Core](maxBeginnings, nil)
	return beginnings{core: core, kept: kept}
}

// of is where the rest of a line is written.
func (b beginnings) of(e *exchange.Exchange) zapcore.Core {
	k := beginningOf(e)
	if core, ok := b.kept.Get(k); ok {
		return core
	}
	core := b.core.With([]zap.Field{zap.Inline((*opening)(e))})
	k.client = strings.Clone(k.client) // a piece of a header, which would stay in memory whole
	b.kept.Add(k, core)
	return core
}
