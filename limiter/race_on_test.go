//go:build race

package limiter

// raced says that the race detector is on: its own memory counts then.
const raced = true
