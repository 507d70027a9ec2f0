package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"notionproxy/admin"
	"notionproxy/config"
)

// settings are those in force: what file, environment and flags said when they
// were last read, and what operators changed since. It is safe for concurrent
// use, but for reload, which one goroutine calls.
type settings struct {
	from  config.Sources
	apply func(config.Config) // called with one change at a time
	log   *zap.Logger

	sum [sha256.Size]byte // of the file that read was read from

	mu       sync.Mutex
	read     config.Config // as the sources had it
	now      config.Config // in force
	reloaded admin.Reload
	refused  string // why what the sources have now is not in force; "" if it is
}

// loadOnce loads settings, and returns their sources with the text of the file
// that they came from: what is changed in it a moment later is a change.
func loadOnce(from config.Sources) (config.Sources, config.Config, error) {
	if file := from.Path(); file != "" {
		if b, err := readFile(file); err == nil { // else Load says what is wrong
			from.Text = b
		}
	}
	cfg, err := config.Load(from)
	return from, cfg, err
}

// newSettings has cfg in force, which was loaded from there.
func newSettings(from config.Sources, cfg config.Config, log *zap.Logger, apply func(config.Config)) *settings {
	return &settings{
		from: from, apply: apply, log: log, sum: sha256.Sum256(from.Text), read: cfg, now: cfg,
		reloaded: admin.Reload{At: time.Now(), OK: true},
	}
}

func (s *settings) name() string { return "config" }

// reload reads the sources anew where the file has changed. They are checked
// whole: with one key wrong, nothing of them takes effect.
func (s *settings) reload() (bool, error) {
	file := s.from.Path()
	if file == "" {
		return false, nil
	}
	changed, err := s.look(file)
	s.note(changed, err)
	return changed, err
}

func (s *settings) look(file string) (bool, error) {
	b, err := readFile(file)
	if err != nil {
		return false, err
	}
	if sha256.Sum256(b) == s.sum {
		return false, nil
	}
	if b, err = settled(file, b); err != nil {
		return false, err
	}
	from := s.from
	from.Text = b
	next, err := config.Load(from)
	if err != nil {
		return false, err
	}
	s.sum = sha256.Sum256(b)
	return s.take(next), nil
}

// settleTime is how long a file must have stayed as it is. Editors and shells
// empty a file before they write it, and half of a file can be well-formed.
const settleTime = 10 * time.Millisecond

// settled waits until the file, which held b, stays as it is, and returns what
// it holds then. An empty file is refused: it is one that is being written, and would
// mean that every setting is at its default.
func settled(file string, b []byte) ([]byte, error) {
	for {
		time.Sleep(settleTime)
		again, err := readFile(file)
		switch {
		case err != nil:
			return nil, err
		case !bytes.Equal(again, b):
			b = again
		case len(bytes.TrimSpace(b)) == 0:
			return nil, errors.New(file + " is empty")
		default:
			return b, nil
		}
	}
}

// take applies what can be applied, and says what can't. It reports whether
// anything is new.
func (s *settings) take(next config.Config) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reflect.DeepEqual(next, s.read) {
		return false
	}
	was := s.read
	s.read = next
	// What an operator set stands until the file says something new about it.
	next.Mode = newer(s.now.Mode, was.Mode, next.Mode)
	next.Cache.ServeStale = newer(s.now.Cache.ServeStale, was.Cache.ServeStale, next.Cache.ServeStale)
	next.Log.Level = newer(s.now.Log.Level, was.Log.Level, next.Log.Level)
	live, taken, later := config.Live(s.now, next)
	s.put(live)
	if len(taken) > 0 {
		s.log.Info("changed settings are in force", zap.Strings("settings", taken))
	}
	if len(later) > 0 {
		s.log.Warn("these settings take effect at the next start", zap.Strings("settings", later))
	}
	return true
}

func newer(now, read, next string) string {
	if next == read {
		return now
	}
	return next
}

// put has cfg in force from now on. Call it locked.
func (s *settings) put(cfg config.Config) {
	s.now = cfg
	s.apply(cfg)
}

// note records what came of a look, unless it is what came of the last one.
func (s *settings) note(changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	why := ""
	if err != nil {
		why = err.Error()
	}
	if changed || why != s.refused {
		s.refused, s.reloaded = why, admin.Reload{At: time.Now(), OK: err == nil}
	}
}

// Reloaded is when changed settings were last read, and whether they are in
// force. Until then it is the start.
func (s *settings) Reloaded() admin.Reload {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reloaded
}

// config returns the settings in force.
func (s *settings) config() config.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Modes returns the modes in force.
func (s *settings) Modes() admin.Modes {
	cfg := s.config()
	return admin.Modes{ServeStale: cfg.Cache.ServeStale, Mode: cfg.Mode}
}

// SetModes changes the modes that are not empty, until the next start.
func (s *settings) SetModes(m admin.Modes) error {
	return s.set("POST /mode", map[string]string{"mode": m.Mode, "cache.serve_stale": m.ServeStale})
}

// Level returns the level in force.
func (s *settings) Level() string { return s.config().Log.Level }

// SetLevel changes how much is logged, until the next start.
func (s *settings) SetLevel(level string) error {
	if level == "" {
		return errors.New(`name the level, such as {"level": "debug"}`)
	}
	return s.set("POST /log", map[string]string{"log.level": level})
}

// Settings returns the settings in force as the admin listener shows them.
func (s *settings) Settings() map[string]any { return s.config().Effective() }

// set changes the keys whose value is not empty, and says so in the log.
func (s *settings) set(from string, values map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []config.Setting
	var fields []zap.Field
	for key, value := range values {
		if value != "" {
			list = append(list, config.Setting{Key: key, Value: value, From: from})
			fields = append(fields, zap.String(key, value))
		}
	}
	next, err := s.now.With(list...)
	var problems config.Problems
	if errors.As(err, &problems) {
		return errors.New(strings.Join(problems, "; "))
	}
	s.log.Warn("an operator changed settings, until the next start", fields...)
	s.put(next)
	return nil
}
