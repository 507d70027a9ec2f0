//go:build !race

package together

// detecting says that the race detector is on.
const detecting = false
