package proxy

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nothing is lost, repeated or left behind, in whatever order lengths follow
// each other on one connection.
func TestJoined_sendsAnswersOfAnyLengthWhole(t *testing.T) {
	sizes := []int{0, 1, serverBuffer - 300, serverBuffer, serverBuffer + 1, 100, 40 << 10, 2, 300 << 10, serverBuffer + 1}
	for n := serverBuffer - 400; n < serverBuffer; n++ { // with its header, some fit and some do not
		sizes = append(sizes, n)
	}
	var next atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(&call{w: w, r: r}).send(http.StatusOK, pattern(sizes[next.Load()]))
	}))
	srv.Listener = Joined(srv.Listener)
	srv.Config.ConnContext = JoinedContext
	srv.Start()
	defer srv.Close()

	client := srv.Client()
	client.Timeout = 10 * time.Second // where an answer is kept for ever
	for i, size := range sizes {
		next.Store(int64(i))
		got, err := client.Get(srv.URL)
		require.NoError(t, err)
		body, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		require.NoError(t, got.Body.Close())
		assert.True(t, bytes.Equal(pattern(size), body), "body of %d bytes", size)
	}
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + i%23)
	}
	return b
}

func TestOverflows(t *testing.T) {
	h := http.Header{"Content-Type": {"application/json"}, "X-Unknown": {strings.Repeat("x", 1000)}} // 32 bytes that are sure
	for _, x := range []struct {
		body int
		want bool
	}{{0, false}, {serverBuffer / 2, false}, {serverBuffer - 32, false}, {serverBuffer - 31, true}, {serverBuffer, true}, {serverBuffer + 1, true}} {
		assert.Equal(t, x.want, overflows(h, x.body), x.body)
	}
}

// What was kept leaves in one write with what follows it.
func TestJoinedConn_writesOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln = Joined(ln)
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	server, err := ln.Accept()
	require.NoError(t, err)
	defer server.Close()
	c := server.(*joinedConn)

	c.more = true
	n, err := c.Write([]byte("header "))
	require.NoError(t, err)
	assert.Equal(t, 7, n)
	assert.NotNil(t, c.kept, "the first write waits for the second")

	n, err = c.Write([]byte("body"))
	require.NoError(t, err)
	assert.Equal(t, 4, n, "the caller hears of its own bytes alone")
	assert.Nil(t, c.kept)
	got := make([]byte, 11)
	_, err = io.ReadFull(client, got)
	require.NoError(t, err)
	assert.Equal(t, "header body", string(got))

	_, err = c.Write([]byte("plain"))
	require.NoError(t, err)
	assert.Nil(t, c.kept, "what was not announced leaves at once")
}
