package notiontest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// connected are the two ends of a connection over a pipe.
func connected(t *testing.T, p *notiontest.Pipe) (client, server net.Conn) {
	client, err := p.DialContext(t.Context(), "tcp", "api.notion.com:443")
	require.NoError(t, err)
	server, err = p.Accept()
	require.NoError(t, err)
	return client, server
}

func TestPipe_carriesBytesBothWaysAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := notiontest.NewPipe()
		defer p.Close()
		client, server := connected(t, p)

		_, err := client.Write([]byte("question"))
		require.NoError(t, err)
		b := make([]byte, 64)
		n, err := server.Read(b)
		require.NoError(t, err)
		assert.Equal(t, "question", string(b[:n]))

		_, err = server.Write([]byte("answer"))
		require.NoError(t, err)
		require.NoError(t, server.Close())
		rest, err := io.ReadAll(client)
		require.NoError(t, err, "what was sent before the end can still be read")
		assert.Equal(t, "answer", string(rest))

		_, err = client.Write([]byte("more"))
		require.ErrorIs(t, err, syscall.EPIPE)
		_, err = server.Read(b)
		require.ErrorIs(t, err, net.ErrClosed)
		require.ErrorIs(t, server.Close(), net.ErrClosed)
	})
}

func TestPipe_resetFailsBothEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := notiontest.NewPipe()
		defer p.Close()
		client, server := connected(t, p)
		_, err := server.Write([]byte("lost"))
		require.NoError(t, err)

		require.NoError(t, server.(interface{ SetLinger(int) error }).SetLinger(0))
		require.NoError(t, server.Close())

		_, err = client.Read(make([]byte, 8))
		require.ErrorIs(t, err, syscall.ECONNRESET)
		_, err = client.Write([]byte("x"))
		require.ErrorIs(t, err, syscall.ECONNRESET)
	})
}

func TestPipe_deadlinesPassToTheInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := notiontest.NewPipe()
		defer p.Close()
		client, _ := connected(t, p)
		start := time.Now()

		require.NoError(t, client.SetReadDeadline(start.Add(3*time.Second)))
		_, err := client.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, 3*time.Second, time.Since(start))

		require.NoError(t, client.SetWriteDeadline(start.Add(5*time.Second)))
		n, err := client.Write(make([]byte, 1<<20))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, 64<<10, n, "a writer waits for the reader when the window is full")
		assert.Equal(t, 5*time.Second, time.Since(start))
		var timeout net.Error
		assert.True(t, errors.As(err, &timeout) && timeout.Timeout())

		require.NoError(t, client.SetDeadline(time.Time{}))
		go func() {
			time.Sleep(time.Second)
			client.Close()
		}()
		_, err = client.Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestPipe_dialsCanBeRefusedAndSwallowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := notiontest.NewPipe()
		p.OnDial(notiontest.Refused)
		_, err := p.DialContext(t.Context(), "tcp", "x:443")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)

		p.OnDial(notiontest.BlackHole)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		_, err = p.DialContext(ctx, "tcp", "x:443")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 7*time.Second, time.Since(start))

		p.OnDial(nil)
		require.NoError(t, p.Close())
		_, err = p.DialContext(t.Context(), "tcp", "x:443")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		_, err = p.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		assert.Equal(t, 3, p.Dials())
	})
}
