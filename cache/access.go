package cache

import "time"

// Access is what is known of an owner's access to Notion, as it is kept for
// the next start.
type Access struct {
	Bot, Workspace string // "" until they are known

	AcceptedAt   time.Time     // when Notion last took the token; zero if it never did
	Suspended    bool          // Notion answered 401 since
	RefusedUntil time.Time     // nobody asks Notion again before that
	RefusedFor   time.Duration // how long that was, so that the next time is longer

	Budget []byte // what was spent of it and what holds it, as the limiter writes it
}
