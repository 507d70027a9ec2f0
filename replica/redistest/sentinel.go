package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A Pair is a server with a copy of it, which a Sentinel puts in its place when
// it is gone.
type Pair struct {
	Master, Copy *Server
	sentinel     string
}

const masterName = "pair"

// StartPair starts the three of them. They end with the test.
func StartPair(t testing.TB) *Pair {
	t.Helper()
	p := &Pair{Master: Start(t)}
	host, port, _ := net.SplitHostPort(p.Master.Addr())
	p.Copy = Start(t, "--replicaof", host+" "+port)
	p.sentinel = freeAddr(t)
	_, own, _ := net.SplitHostPort(p.sentinel)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	settings := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor %s %s %s 1\n"+
		"sentinel down-after-milliseconds %s 400\nsentinel failover-timeout %s 3000\n",
		own, filepath.Dir(file), masterName, host, port, masterName, masterName)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(context.Background(), program, file, "--sentinel")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill(); _ = run.Wait() })
	p.wait(t)
	return p
}

// wait waits until the Sentinel knows of the copy.
func (p *Pair) wait(t testing.TB) {
	s := &Server{t: t, addr: p.sentinel}
	for range 400 {
		if s.Say("SENTINEL", "REPLICAS", masterName) == "*1" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal("the Sentinel does not find the copy")
}

// URL is what clients connect to.
func (p *Pair) URL() string { return "redis://" + p.sentinel + "?master_set=" + masterName }
