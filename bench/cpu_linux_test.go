package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// getrusage(2) tells the same of the calling process, to the microsecond.
func TestCPUTime_isWhatTheKernelTellsTheProcessItself(t *testing.T) {
	before := usage(t)
	got, err := cpuTime(os.Getpid())
	require.NoError(t, err)
	assert.LessOrEqual(t, before, got)
	assert.LessOrEqual(t, got, usage(t)+time.Microsecond)
}

func usage(t *testing.T) time.Duration {
	var u unix.Rusage
	require.NoError(t, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestCPUTime_ofNobodyIsAnError(t *testing.T) {
	_, err := cpuTime(1 << 28)
	assert.Error(t, err)
}
