package main

import (
	"io"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"notionproxy/config"
	"notionproxy/exchange"
)

// logs are the two kinds of lines that the program writes, in one stream:
// events, which are rare and written at once, and one line a request, which are
// collected for up to a second. They are safe for concurrent use.
type logs struct {
	events  *zap.Logger
	level   zap.AtomicLevel
	console bool
	buffer  *zapcore.BufferedWriteSyncer
	closed  chan struct{}

	mu      sync.Mutex
	access  beginnings
	waiting []exchange.Exchange // whose lines are still to be written, in their order
	fields  [1]zap.Field        // of the line that is being written
}

const (
	logBuffer = 256 << 10 // bytes
	logDelay  = time.Second

	// logTogether is how many lines are written in a row. One by one, after all
	// that a request does, each takes twice as long: nothing of what it needs is
	// left in the processor's caches.
	logTogether = 32
)

// newLogs writes to w until close.
func newLogs(cfg config.Log, w io.Writer) *logs {
	l := &logs{
		level:   zap.NewAtomicLevel(),
		console: cfg.Format == "console" || (cfg.Format == "auto" && isTerminal(w)),
		buffer:  &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(onlyWriter{w}), Size: logBuffer, FlushInterval: logDelay},
		closed:  make(chan struct{}),
		waiting: make([]exchange.Exchange, 0, logTogether),
	}
	l.setLevel(cfg.Level)
	encoder := encoderFor(l.console)
	l.access = newBeginnings(zapcore.NewCore(encoder, l.buffer, l.level))
	l.events = zap.New(zapcore.NewCore(encoder, flushed{l}, l.level), zap.ErrorOutput(zapcore.Lock(zapcore.AddSync(onlyWriter{w}))))
	go l.flushNowAndThen()
	return l
}

// onlyWriter hides Sync, which would wait for a disk, and fails on terminals.
type onlyWriter struct{ io.Writer }

// flushed writes what waits together with each entry, so that events show at
// once, and in their order among requests.
type flushed struct{ logs *logs }

func (f flushed) Write(b []byte) (int, error) {
	f.logs.mu.Lock()
	defer f.logs.mu.Unlock()
	f.logs.writeWaiting()
	n, err := f.logs.buffer.Write(b)
	if err != nil {
		return n, err
	}
	return n, f.logs.buffer.Sync()
}

func (f flushed) Sync() error { return f.logs.flush() }

func (l *logs) flushNowAndThen() {
	tick := time.NewTicker(logDelay)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = l.flush()
		case <-l.closed:
			return
		}
	}
}

func (l *logs) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writeWaiting()
	return l.buffer.Sync()
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

// record has the line of one finished request written, within a second. It is
// an exchange.Reader.
func (l *logs) record(e *exchange.Exchange) {
	if !l.level.Enabled(zapcore.InfoLevel) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, *e) // to keep e would keep the request that it is part of
	if len(l.waiting) == logTogether {
		l.writeWaiting()
	}
}

// writeWaiting writes the lines of what waits. Call it locked.
func (l *logs) writeWaiting() {
	for i := range l.waiting {
		l.write(&l.waiting[i])
	}
	clear(l.waiting)
	l.waiting = l.waiting[:0]
}

// write does without a zap.Logger, which knows callers and stacks and costs a
// tenth of a line.
func (l *logs) write(e *exchange.Exchange) {
	entry := zapcore.Entry{Level: zapcore.InfoLevel, Time: e.Start.Add(e.Total), Message: "request"}
	core := l.access.core
	if l.console {
		entry.Message, l.fields[0] = headline(e), zap.Inline((*rest)(e))
	} else {
		core, l.fields[0] = l.access.of(e), zap.Inline((*line)(e))
	}
	_ = core.Write(entry, l.fields[:]) // there is nowhere to tell of a log that breaks
}

// close writes what is left. Lines that come later are lost. It must be called
// once.
func (l *logs) close() {
	close(l.closed)
	_ = l.flush()
	_ = l.buffer.Stop()
}
