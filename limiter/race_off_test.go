//go:build !race

package limiter

const raced = false
