package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// A process is a server that we started. It listens on loopback.
type process struct {
	cmd    *exec.Cmd
	addr   string
	errors *tail // the end of what it wrote to standard error
	ended  chan struct{}
}

// A command is how a server is started; listen gets the address to listen on.
type command struct {
	core string
	args func(listen string) []string
	env  func(listen string) []string // beside what every program needs; nil: none
}

const startTimeout = 30 * time.Second // on a machine that is very busy

// start runs a server until ctx ends or stop, and waits until it listens.
//
// Its standard error is a pipe that we empty, as container runtimes do: a log
// that is not written costs nothing, and would tell nothing.
func start(ctx context.Context, c command) (*process, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	args := pin(c.core, c.args(addr))
	p := &process{addr: addr, errors: &tail{}, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, args[0], args[1:]...)
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	if c.env != nil {
		p.cmd.Env = append(p.cmd.Env, c.env(addr)...)
	}
	p.cmd.Stderr = p.errors
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", args[0], err)
	}
	go func() {
		_ = p.cmd.Wait() // killed, or else waitUntilUp says how it ended
		close(p.ended)
	}()
	if err := p.waitUntilUp(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// freeAddress is one that nobody listens on, a moment ago at least.
func freeAddress(ctx context.Context) (string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

func (p *process) waitUntilUp(ctx context.Context) error {
	for begun := time.Now(); time.Since(begun) < startTimeout; time.Sleep(5 * time.Millisecond) {
		select {
		case <-p.ended:
			return fmt.Errorf("%v ended at once: %s", p.cmd.Args, p.errors)
		default:
		}
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.addr); err == nil {
			return conn.Close()
		}
	}
	return errors.New("waiting for the server to listen: " + p.errors.String())
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop ends the process and waits for it. What it still had to write is lost.
func (p *process) stop() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	end []byte
}

const tailLength = 2 << 10

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, b...)
	if extra := len(t.end) - tailLength; extra > 0 {
		t.end = append(t.end[:0], t.end[extra:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}
