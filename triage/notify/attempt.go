package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const maxAnswer = 4 << 10 // bytes of an answer that are read

// newTransport follows no redirect and keeps few connections. proxy may be
// nil.
func newTransport(proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	return &http.Transport{
		Proxy:                  proxy,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    attemptTimeout,
		ResponseHeaderTimeout:  attemptTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        time.Minute,
		ForceAttemptHTTP2:      true,
	}
}

// attempt sends l once. The error never has the URL in it, which may be the
// secret.
func (t *target) attempt(ctx context.Context, l letter) (next, error) {
	m, err := t.message(l, time.Now())
	if err != nil {
		return next{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(m.body))
	if err != nil {
		return next{}, errors.New("its address is no URL")
	}
	req.Header = m.header
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "notionproxy")
	answer, err := t.transport.RoundTrip(req)
	if err != nil {
		return next{again: true}, fmt.Errorf("telling %s: %w", t.name(), err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // what is missing is not needed
	return judge(answer, time.Now()), t.refusal(answer.StatusCode, body)
}

// refusal is nil for a message that was taken.
func (t *target) refusal(status int, body []byte) error {
	if status >= 200 && status < 300 {
		return nil
	}
	if why := t.complaint(body); why != "" {
		return fmt.Errorf("telling %s: it answered %d (%s)", t.name(), status, why)
	}
	return fmt.Errorf("telling %s: it answered %d", t.name(), status)
}

// judge says whether an answer other than 2xx is worth another attempt.
// Anything but a busy or broken target refuses the same message again.
func judge(answer *http.Response, now time.Time) next {
	switch s := answer.StatusCode; {
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s >= 500:
		return next{again: true, after: retryAfter(answer.Header.Get("Retry-After"), now)}
	}
	return next{}
}

// retryAfter reads both forms of the header (RFC 9110, 10.2.3); 0 when it says
// nothing.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
