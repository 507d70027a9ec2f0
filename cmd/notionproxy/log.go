package main

import (
	"io"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"notionproxy/config"
	"notionproxy/exchange"
)

// logs are the two kinds of lines that the program writes, in one stream:
// events, which are rare and written at once, and one line a request, which are
// collected for up to a second.
type logs struct {
	events  *zap.Logger
	level   zap.AtomicLevel
	access  *beginnings
	console bool
	buffer  *zapcore.BufferedWriteSyncer
}

const (
	logBuffer = 256 << 10 // bytes
	logDelay  = time.Second
)

// newLogs writes to w until close.
func newLogs(cfg config.Log, w io.Writer) *logs {
	l := &logs{
		level:   zap.NewAtomicLevel(),
		console: cfg.Format == "console" || (cfg.Format == "auto" && isTerminal(w)),
		buffer:  &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(onlyWriter{w}), Size: logBuffer, FlushInterval: logDelay},
	}
	l.setLevel(cfg.Level)
	encoder := encoderFor(l.console)
	l.access = newBeginnings(zapcore.NewCore(encoder, l.buffer, l.level))
	l.events = zap.New(zapcore.NewCore(encoder, flushed{l.buffer}, l.level), zap.ErrorOutput(zapcore.Lock(zapcore.AddSync(onlyWriter{w}))))
	return l
}

// onlyWriter hides Sync, which would wait for a disk, and fails on terminals.
type onlyWriter struct{ io.Writer }

// flushed writes what is in the buffer together with each entry, so that
// events show at once, and in their order among requests.
type flushed struct{ *zapcore.BufferedWriteSyncer }

func (f flushed) Write(b []byte) (int, error) {
	n, err := f.BufferedWriteSyncer.Write(b)
	if err != nil {
		return n, err
	}
	return n, f.Sync()
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func encoderFor(console bool) zapcore.Encoder {
	cfg := zapcore.EncoderConfig{
		TimeKey:        "ts",
		LevelKey:       "level",
		MessageKey:     "msg",
		EncodeTime:     zapcore.RFC3339NanoTimeEncoder,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeDuration: zapcore.SecondsDurationEncoder,
	}
	if !console {
		return zapcore.NewJSONEncoder(cfg)
	}
	cfg.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
	cfg.EncodeDuration = zapcore.StringDurationEncoder
	cfg.ConsoleSeparator = "  "
	return zapcore.NewConsoleEncoder(cfg)
}

// setLevel may be called at any time. Words that settings do not allow are
// ignored.
func (l *logs) setLevel(word string) {
	if level, err := zapcore.ParseLevel(word); err == nil {
		l.level.SetLevel(level)
	}
}

// record writes the line of one finished request. It is an exchange.Reader. It
// does without a zap.Logger, which knows callers and stacks and costs a tenth of
// a line.
func (l *logs) record(e *exchange.Exchange) {
	if !l.level.Enabled(zapcore.InfoLevel) {
		return
	}
	entry := zapcore.Entry{Level: zapcore.InfoLevel, Time: e.Start.Add(e.Total), Message: "request"}
	core, field := l.access.core, zap.Inline((*rest)(e))
	if l.console {
		entry.Message = headline(e)
	} else {
		core, field = l.access.of(e), zap.Inline((*line)(e))
	}
	_ = core.Write(entry, []zap.Field{field}) // there is nowhere to tell of a log that breaks
}

// close writes what is left. Lines that come later are lost.
func (l *logs) close() { _ = l.buffer.Stop() }
