package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap/zapcore"

	"notionproxy/exchange"
)

// line is an Exchange as fields of a log line, but for those that its beginning
// has. What says nothing (no age, no call to Notion, no error code) is left out.
// Durations are in seconds.
type line exchange.Exchange

// MarshalLogObject writes the fields. By hand, since it runs for every request
// and a hit takes little longer than its line.
func (e *line) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("request_id", e.RequestID)
	text(enc, "detail", e.Detail)
	duration(enc, "age", e.Age)
	if e.Stored {
		enc.AddBool("stored", true)
	}
	e.notion(enc)
	e.cost(enc)
	return nil
}

// headline is what somebody at a terminal looks for first.
func headline(e *exchange.Exchange) string {
	words := []string{e.Method, e.Route, strconv.Itoa(e.Status), string(e.Outcome), e.Detail}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// rest is a line without what its headline says.
type rest exchange.Exchange

// MarshalLogObject writes the fields.
func (e *rest) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	l := (*line)(e)
	text(enc, "operation", e.Operation)
	duration(enc, "age", e.Age)
	who(enc, e.Connection, e.Client, e.Lane)
	l.notion(enc)
	l.cost(enc)
	enc.AddString("request_id", e.RequestID)
	return nil
}

func who(enc zapcore.ObjectEncoder, connection, client, lane string) {
	text(enc, "connection", connection)
	text(enc, "client", client)
	text(enc, "lane", lane)
}

// notion is what Notion had to do with it.
func (e *line) notion(enc zapcore.ObjectEncoder) {
	text(enc, "code", e.Code)
	if e.Calls == 0 {
		return
	}
	enc.AddInt("calls", e.Calls)
	enc.AddInt("upstream_status", e.UpstreamStatus)
	text(enc, "upstream_outcome", e.UpstreamOutcome)
	text(enc, "rate_limit_reason", e.RateLimitReason)
	text(enc, "upstream_id", e.UpstreamID)
	text(enc, "ray", e.Ray)
	duration(enc, "upstream", e.Upstream)
}

func (e *line) cost(enc zapcore.ObjectEncoder) {
	if e.BytesIn > 0 {
		enc.AddInt64("bytes_in", e.BytesIn)
	}
	enc.AddInt64("bytes_out", e.BytesOut)
	duration(enc, "queued", e.Queued)
	enc.AddDuration("total", e.Total)
}

// text adds a field unless it is empty.
func text(enc zapcore.ObjectEncoder, key, value string) {
	if value != "" {
		enc.AddString(key, value)
	}
}

// duration adds a field unless it is zero.
func duration(enc zapcore.ObjectEncoder, key string, d time.Duration) {
	if d != 0 {
		enc.AddDuration(key, d)
	}
}
