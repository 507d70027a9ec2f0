package admin

import (
	"net/http"
	"time"
)

// longestArmed bounds how long a handshake can be waited for: until it comes,
// anybody who reaches the listener can send one.
const longestArmed = time.Hour

// Webhooks is how Notion's events fare.
type Webhooks interface {
	Events() Events

	// Arm has the next handshake taken, if it comes within d. The error says
	// why it can't be.
	Arm(d time.Duration) error
}

// Events is how Notion's events fare. It holds no secret.
type Events struct {
	Secret     bool   `json:"secret"`        // there is a verification token
	SecretFile string `json:"secret_file"`   // where it is kept
	Armed      int64  `json:"armed_seconds"` // for how long the handshake is still waited for
	Last       int64  `json:"last_seconds"`  // how long ago the last new event came; -1 if none has
	Waiting    int    `json:"waiting"`       // objects whose events wait
	Received   int64  `json:"received"`      // that were signed
	Repeated   int64  `json:"repeated"`      // of these, that had come before
	Folded     int64  `json:"folded"`        // that joined another of the same object
	Overlooked int64  `json:"overlooked"`    // that there was no room for
	Unread     int64  `json:"unread"`        // signed bodies that are no events
	Refused    int64  `json:"refused"`       // without a good signature
	TooLong    int64  `json:"too_long"`
	Dropped    int64  `json:"dropped"`            // entries that events made untrue
	Trust      string `json:"trust"`              // off, waiting, on or ended
	Missing    int    `json:"expected,omitempty"` // writes of our own whose events have not come yet
}

// Arming is what to wait for the handshake for.
type Arming struct {
	Arm string `json:"arm"` // such as 10m
}

func (s *surface) webhooks(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.Webhooks.Events())
}

func (s *surface) armWebhooks(w http.ResponseWriter, r *http.Request) {
	var a Arming
	if !read(w, r, &a) {
		return
	}
	d, err := time.ParseDuration(a.Arm)
	if err != nil || d <= 0 || d > longestArmed {
		refuse(w, http.StatusBadRequest, `arm must be a duration up to 1h, such as {"arm": "10m"}`)
		return
	}
	if err := s.Webhooks.Arm(d); err != nil {
		refuse(w, http.StatusConflict, err.Error()+"; webhooks.secret_file must be in a directory that the proxy may write to")
		return
	}
	s.webhooks(w, r)
}
