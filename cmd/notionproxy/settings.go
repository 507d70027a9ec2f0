package main

import (
	"crypto/sha256"
	"reflect"

	"go.uber.org/zap"

	"notionproxy/config"
)

// settings is the settings file while the program runs. Two keys take effect
// at once, mode and log.level: those that somebody in trouble wants to change
// without dropping a request.
type settings struct {
	from  config.Sources
	sum   [sha256.Size]byte // of the file that now was read from
	now   config.Config
	apply func(config.Config)
	log   *zap.Logger
}

func (s *settings) name() string { return "config" }

func (s *settings) reload() (bool, error) {
	file := s.from.Path()
	if file == "" {
		return false, nil
	}
	b, err := readFile(file)
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(b)
	if sum == s.sum {
		return false, nil
	}
	next, err := config.Load(s.from)
	if err != nil {
		return false, err
	}
	first := s.sum == [sha256.Size]byte{}
	s.sum = sum
	if first && reflect.DeepEqual(next, s.now) {
		return false, nil
	}
	s.take(next)
	return true, nil
}

// take applies what can be applied, and says when that is not all.
func (s *settings) take(next config.Config) {
	rest := next
	rest.Mode, rest.Log.Level = s.now.Mode, s.now.Log.Level
	if !reflect.DeepEqual(rest, s.now) {
		s.log.Warn("settings other than mode and log.level take effect at the next start")
	}
	s.now.Mode, s.now.Log.Level = next.Mode, next.Log.Level
	s.apply(next)
}
