package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What the tests need besides Go.
const (
	node      = "node"
	sdkModule = "node_modules/@notionhq/client"
	mcpModule = "node_modules/@notionhq/notion-mcp-server"
)

// need skips the test with one line where something is missing: a program, or
// a file below this folder. With NOTIONPROXY_REQUIRE_ALL=1 it fails instead.
func need(t *testing.T, things ...string) {
	t.Helper()
	for _, thing := range things {
		reason := lacks(thing)
		switch {
		case reason == "":
		case os.Getenv("NOTIONPROXY_REQUIRE_ALL") == "1":
			t.Fatal(reason)
		default:
			t.Skip(reason)
		}
	}
}

// lacks says what is missing; it is empty when nothing is.
func lacks(thing string) string {
	if strings.Contains(thing, "/") {
		if _, err := os.Stat(thing); err != nil {
			return "needs e2e/" + thing + ": run npm ci in e2e"
		}
		return ""
	}
	if _, err := exec.LookPath(thing); err != nil {
		return "needs " + thing + ", which is not installed"
	}
	return ""
}
