package upstream

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLookups_atMostOneASecondWhileTheyFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		l := &lookups{dial: func(context.Context, string, string) (net.Conn, error) {
			asked++
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.notion.com"}}
		}}
		for range 600 {
			_, err := l.DialContext(t.Context(), "tcp", "api.notion.com:443")
			var notFound *net.DNSError
			assert.ErrorAs(t, err, &notFound)
			time.Sleep(100 * time.Millisecond)
		}
		assert.Equal(t, 60, asked, "in a minute")
	})
}

func TestLookups_onlyThoseThatFailedOfThemselvesCount(t *testing.T) {
	left, leave := context.WithCancel(t.Context())
	asked := 0
	fails := errors.New("connection refused")
	l := &lookups{dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		asked++
		if ctx.Err() != nil {
			return nil, &net.DNSError{Err: ctx.Err().Error(), Name: "api.notion.com"}
		}
		return nil, fails
	}}
	leave()
	_, err := l.DialContext(left, "tcp", "api.notion.com:443")
	assert.Error(t, err)
	for range 2 { // neither who left nor who was refused tells of the name
		_, err = l.DialContext(t.Context(), "tcp", "api.notion.com:443")
		assert.Equal(t, fails, err)
	}
	assert.Equal(t, 3, asked)
}
