package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/admin"
)

// hangup asks the program, which is this process, to look at its files.
func hangup(t *testing.T) {
	t.Helper()
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
}

// settingsNumber are settings that differ from those of other numbers in all
// that can change while the program runs.
func settingsNumber(n int) string {
	pick := func(words ...string) string { return words[n%len(words)] }
	return fmt.Sprintf(`
mode: %s
operations: %s
notion: {plan: %s, timeout: %ds}
cache:
  size: %dMiB
  fresh: {content: %dms}
  client_directives: %s
  serve_stale: %s
  slow_answer: %dms
limiter: {per_minute: %d, burst: %d, total_per_second: %s, max_wait: %ds, connections: {1f2e3d4c: {per_minute: %d}}}
lanes: [{client: tester-%d, lane: %s}]
limits: {body: %dKiB}
log: {level: %s}
`, pick("full", "full", "observe"), pick("[]", "[pages.*, users.*]"), pick("default", "business"), 30+n%30,
		64+n, 1+n, pick("honour", "ignore"), pick("auto", "always", "never"), 1000+n,
		100_000+n, 1000+n, pick("0", "9000"), 10+n%10, 1+n, n, pick("bulk", "interactive"), 64+n, pick("info", "warn", "error"))
}

// 100 reloads under load: no request fails, whatever changes under it, and
// settings that are wrong change nothing.
func TestReload_underLoadFailsNoRequest(t *testing.T) {
	file := writeFile(t, "settings.yaml", settingsNumber(0))
	r := serving(t, nil, "--config", file)
	require.Equal(t, 200, first(r.read(t)))

	var requests, failed atomic.Int64
	var load sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				requests.Add(1)
				if first(r.read(t)) != 200 {
					failed.Add(1)
				}
			}
		})
	}
	began := time.Now()
	for n := 1; n <= 100; n++ {
		write(t, file, settingsNumber(n))
		hangup(t)
		eventually(t, func() bool { return r.fresh(t) == fmt.Sprintf("%dms", 1+n) }, n)
		if n%10 == 0 {
			r.refusesABadFile(t, file, n)
		}
	}
	took := time.Since(began)
	close(stop)
	load.Wait()
	assert.Zero(t, failed.Load())
	assert.Greater(t, requests.Load(), int64(100))
	t.Logf("100 reloads and 10 bad files in %v: %d requests, %d failed", took.Round(time.Millisecond), requests.Load(), failed.Load())
}

func first(status int, _ string) int { return status }

// fresh is a setting in force that each number changes.
func (r *running) fresh(t *testing.T) string {
	var all map[string]any
	r.told(t, "/config", &all)
	return all["cache.fresh.content"].(string)
}

func (r *running) reloaded(t *testing.T) bool {
	var o admin.Overview
	r.told(t, "/overview", &o)
	return o.Reload.OK
}

// refusesABadFile has the program look at settings that are new and good but
// for one key.
func (r *running) refusesABadFile(t *testing.T, file string, n int) {
	t.Helper()
	var before, after map[string]any
	r.told(t, "/config", &before)
	write(t, file, settingsNumber(n+1)+"\nmood: good\n")
	hangup(t)
	eventually(t, func() bool { return !r.reloaded(t) })
	r.told(t, "/config", &after)
	assert.Equal(t, before, after, "settings that are wrong change nothing")
}

func TestReload_saysWhatIsWrongAndWhatWaits(t *testing.T) {
	file := writeFile(t, "settings.yaml", "mode: full\n")
	r := serving(t, nil, "--config", file)
	write(t, file, "mode: fast\n")
	hangup(t)
	eventually(t, func() bool { return strings.Contains(r.logged.String(), "mode is fast; want full or observe") })
	assert.Contains(t, r.logged.String(), "keeping what was read before")
	assert.Contains(t, r.command(t, "top", "--once").stdout, "CHANGED SETTINGS ARE WRONG")

	write(t, file, "mode: observe\ncache: {max_entry: 1MiB}\n")
	hangup(t)
	eventually(t, func() bool { return strings.Contains(r.logged.String(), `"settings":["cache.max_entry"]`) })
	assert.Contains(t, r.command(t, "mode").stdout, "observe", "the rest is in force")
	var all map[string]any
	r.told(t, "/config", &all)
	assert.Equal(t, "8MiB", all["cache.max_entry"], "what is shown is what is in force")
}
