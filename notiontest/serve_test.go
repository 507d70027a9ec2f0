package notiontest_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

func TestPipe_resetAllKillsIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		p := w.Pipe()
		tr := p.Transport()
		w.via = tr
		w.ok("GET", "/v1/users/me", "")
		w.ok("GET", "/v1/users/me", "")
		assert.Equal(t, 1, p.Dials(), "the connection is kept")
		p.ResetAll()
		synctest.Wait()
		w.ok("GET", "/v1/users/me", "")
		assert.Equal(t, 2, p.Dials())
		tr.CloseIdleConnections()
		require.NoError(t, w.Close())
		require.NoError(t, p.Close())
	})
}

func TestNotion_servesOnARealListener(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	l, addr := listen(t)
	done := make(chan error, 1)
	go func() { done <- w.Serve(l) }()

	r := w.request("GET", "/v1/users/me", "")
	r.URL.Host = addr
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	w.via = tr
	assert.Equal(t, 200, w.send(r).status)

	w.Fault(notiontest.Fault{Kind: notiontest.FaultResetHeaders})
	r = w.request("POST", "/v1/search", "{}")
	r.URL.Host = addr
	g := w.send(r)
	require.Error(t, g.err)
	assert.True(t, errors.Is(g.err, syscall.ECONNRESET) || errors.Is(g.err, io.ErrUnexpectedEOF), g.err)

	require.NoError(t, w.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}

func TestPipe_speaksHTTPForHTTPSURLsToo(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, _ *http.Transport) {
		r := w.request("GET", "/v1/users/me", "")
		r.URL.Scheme = "https"
		assert.Equal(t, 200, w.send(r).status)
	})
}

func TestPipe_closingItEndsItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		p := w.Pipe()
		tr := p.Transport()
		w.via = tr
		w.Fault(notiontest.Fault{Kind: notiontest.FaultHang})
		done := make(chan error)
		go func() { done <- w.do("POST", "/v1/search", "").err }()
		synctest.Wait()
		require.NoError(t, p.Close())
		require.Error(t, <-done, "what hangs is cut")
		tr.CloseIdleConnections()
	})
}

func TestServe_endsWithItsListener(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	l, addr := listen(t)
	done := make(chan error, 1)
	go func() { done <- w.Serve(l) }()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, w.request("HEAD", "/v1/users/me", "").Write(conn))
	_, err = conn.Read(make([]byte, 64<<10))
	require.NoError(t, err)

	require.NoError(t, l.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
	_, err = io.ReadAll(conn)
	require.NoError(t, err, "its connections end too")
}
