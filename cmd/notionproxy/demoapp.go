package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"notionproxy/notiontest"
)

// demoApp is the demonstration's own application: a dashboard that reads the
// workspace through the proxy, so that there is something to see on the triage
// page without anybody's doing.
type demoApp struct {
	proxy     string // host:port
	workspace notiontest.Demo
	transport *http.Transport
}

const (
	demoName  = "demo-dashboard/1"
	demoEvery = time.Second
	demoRound = 5  // requests after which it begins anew
	demoRows  = 3  // that it reads, over and over
	demoMost  = 10 // requests at once, while Notion is slow
)

// run reads something every second until ctx ends.
func (a *demoApp) run(ctx context.Context) {
	a.transport = &http.Transport{}
	defer a.transport.CloseIdleConnections()
	var reads sync.WaitGroup
	defer reads.Wait()
	slots := make(chan struct{}, demoMost)
	tick := time.NewTicker(demoEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case slots <- struct{}{}:
			reads.Go(func() {
				a.read(ctx, n)
				<-slots
			})
		default: // Notion is slow, and enough wait for it
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// read makes one request. What comes of it is for the proxy to tell.
func (a *demoApp) read(ctx context.Context, n int) {
	source := "/v1/data_sources/" + a.workspace.DataSource
	method, path, body := http.MethodGet, source, "" // to know the properties
	switch n % demoRound {
	case 0:
	case 1, 3:
		path = "/v1/pages/" + a.workspace.Rows[n/demoRound%demoRows]
	default:
		method, path, body = http.MethodPost, source+"/query", demoQuery
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+a.proxy+path, strings.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+a.workspace.Token)
	req.Header.Set("Notion-Version", "2026-03-11")
	req.Header.Set("User-Agent", demoName)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	answer, err := a.transport.RoundTrip(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
}

// demoQuery names a property, so that renaming it shows.
const demoQuery = `{"page_size":5,"filter":{"property":"Status","status":{"equals":"Done"}}}`
