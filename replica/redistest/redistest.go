// Package redistest runs a real redis-server for a test: on a free port of
// loopback, ended by its process id, and at the test's word killed, paused or
// begun anew with nothing in it.
package redistest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const program = "redis-server"

// Need skips the test where there is no redis-server. With
// NOTIONPROXY_REQUIRE_ALL=1 it fails instead.
func Need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("NOTIONPROXY_REQUIRE_ALL") == "1" {
		t.Fatal("needs redis-server, which is not installed")
	}
	t.Skip("needs redis-server, which is not installed")
}

// A Server is a redis-server that keeps nothing on disk.
type Server struct {
	t    testing.TB
	addr string
	dir  string
	more []string
	run  *exec.Cmd
}

// Start starts one, with more of its options such as "--replicaof". It ends
// with the test.
func Start(t testing.TB, more ...string) *Server {
	t.Helper()
	Need(t)
	s := &Server{t: t, addr: freeAddr(t), dir: t.TempDir(), more: more}
	s.Restart()
	t.Cleanup(s.Kill)
	return s
}

func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// Addr is its host and port, URL what clients connect to.
func (s *Server) Addr() string { return s.addr }
func (s *Server) URL() string  { return "redis://" + s.addr }

// Restart starts it at the same address, with nothing in it.
func (s *Server) Restart() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	args := append([]string{
		"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", s.dir, "--repl-diskless-sync-delay", "0", "--rdbcompression", "no",
	}, s.more...)
	s.run = exec.CommandContext(context.Background(), program, args...)
	if err := s.run.Start(); err != nil {
		s.t.Fatal(err)
	}
	for range 200 {
		if word := s.Say("PING"); word == "+PONG" || strings.HasPrefix(word, "-NOAUTH") {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatal("redis-server does not answer")
}

// Kill kills it at once, if it runs.
func (s *Server) Kill() {
	if s.run == nil {
		return
	}
	_ = s.run.Process.Kill()
	_ = s.run.Wait()
	s.run = nil
}

// Pause stops it where it is, as a machine does that hangs; Resume ends that.
func (s *Server) Pause()  { _ = s.run.Process.Signal(syscall.SIGSTOP) }
func (s *Server) Resume() { _ = s.run.Process.Signal(syscall.SIGCONT) }

// Say sends one command and returns the first line of the reply.
func (s *Server) Say(command ...string) string {
	line, _, err := s.ask(command)
	if err != nil {
		return err.Error()
	}
	return line
}

// Bulk sends one command and returns the text that it replies with; "" if it
// replies with anything else.
func (s *Server) Bulk(command ...string) string {
	_, text, err := s.ask(command)
	if err != nil {
		return ""
	}
	return text
}

// must sends one command that is to be answered with OK.
func (s *Server) must(command ...string) {
	s.t.Helper()
	if word := s.Say(command...); word != "+OK" {
		s.t.Fatal(strings.Join(command, " "), ": ", word)
	}
}

// ask sends one command, and returns the first line of the reply, and the text
// where it is one.
func (s *Server) ask(command []string) (line, text string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return "", "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprintf(conn, "*%d\r\n", len(command))
	for _, word := range command {
		fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(word), word)
	}
	r := bufio.NewReader(conn)
	line, err = r.ReadString('\n')
	line = strings.TrimSpace(line)
	length, notBulk := strconv.Atoi(strings.TrimPrefix(line, "$"))
	if err != nil || notBulk != nil || !strings.HasPrefix(line, "$") || length < 0 {
		return line, "", err
	}
	b := make([]byte, length)
	_, err = io.ReadFull(r, b)
	return line, string(b), err
}
