package admin

import "net/http"

// Control is the program's settings as they are in force.
type Control interface {
	Modes() Modes

	// SetModes changes those that are not empty. The error is for the caller:
	// what was wrong, in words of the settings.
	SetModes(Modes) error

	Level() string
	SetLevel(string) error

	// Settings has every key with its value, secrets hidden.
	Settings() map[string]any
}

// Modes are what somebody in trouble wants to change at once.
type Modes struct {
	ServeStale string `json:"serve_stale,omitempty"` // auto, always or never
	Mode       string `json:"mode,omitempty"`        // full or observe
}

// Level is how much is logged.
type Level struct {
	Level string `json:"level"` // debug, info, warn or error
}

func (s *surface) mode(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.Control.Modes())
}

func (s *surface) setMode(w http.ResponseWriter, r *http.Request) {
	var m Modes
	if !read(w, r, &m) {
		return
	}
	if m == (Modes{}) {
		refuse(w, http.StatusBadRequest, `name serve_stale, mode or both, such as {"serve_stale": "always"}`)
		return
	}
	if err := s.Control.SetModes(m); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mode(w, r)
}

func (s *surface) level(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, Level{s.Control.Level()})
}

func (s *surface) setLevel(w http.ResponseWriter, r *http.Request) {
	var l Level
	if !read(w, r, &l) {
		return
	}
	if err := s.Control.SetLevel(l.Level); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.level(w, r)
}

func (s *surface) config(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.Control.Settings())
}
