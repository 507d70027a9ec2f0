package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// binary is the program under test, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if addr := os.Getenv(notionVariable); addr != "" {
		return serveNotion(addr)
	}
	dir, err := os.MkdirTemp("", "notionproxy-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "making a place for the binary:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "notionproxy")
	if err := build(binary); err != nil {
		fmt.Fprintln(os.Stderr, "building the binary:", err)
		return 1
	}
	return m.Run()
}

// build compiles the program, with the race detector where the tests have it.
func build(to string) error {
	args := []string{"build", "-o", to}
	if isRace() {
		args = append(args, "-race")
	}
	c := exec.Command("go", append(args, "./cmd/notionproxy")...)
	c.Dir = ".."
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

func isRace() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}
