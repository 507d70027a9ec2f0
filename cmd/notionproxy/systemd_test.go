package main

import (
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A service manager hears when requests are taken, and when no longer.
func TestProcess_tellsTheServiceManager(t *testing.T) {
	at := filepath.Join(t.TempDir(), "notify")
	heard, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	require.NoError(t, err)
	defer heard.Close()
	require.NoError(t, heard.SetReadDeadline(time.Now().Add(time.Minute)))
	next := func() string {
		room := make([]byte, 256)
		n, err := heard.Read(room)
		require.NoError(t, err)
		return string(room[:n])
	}

	p := startProcessWith(t, []string{"NOTIFY_SOCKET=" + at}, "--set", "shutdown.delay=0s")
	p.awaits(t, "listening")
	assert.Equal(t, "READY=1", next())

	p.signal(t, syscall.SIGTERM)
	assert.Equal(t, "STOPPING=1", next())
	assert.Equal(t, "EXTEND_TIMEOUT_USEC=70000000", next())
	p.awaits(t, "shut down")
	assert.NoError(t, p.cmd.Wait())
}
