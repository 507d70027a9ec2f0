package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An mcpServer is Notion's own MCP server, spoken to as a model's host would:
// JSON-RPC, a line each, over its standard input and output. Its methods are
// for one goroutine.
type mcpServer struct {
	*testing.T
	in    io.Writer
	out   *bufio.Scanner
	calls int
}

// startMCP runs the server against a base URL until the test ends.
func startMCP(t *testing.T, baseURL string) *mcpServer {
	t.Helper()
	server := exec.Command(node, mcpModule+"/bin/cli.mjs")
	server.Env = environment(map[string]string{"BASE_URL": baseURL, "NOTION_TOKEN": testToken})
	in, err := server.StdinPipe()
	require.NoError(t, err)
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	var problems strings.Builder
	server.Stderr = &problems
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill() // it does not end with its input
		_ = server.Wait()
		if t.Failed() {
			t.Logf("the MCP server wrote: %s", problems.String())
		}
	})
	m := &mcpServer{T: t, in: in, out: bufio.NewScanner(out)}
	m.out.Buffer(nil, 16<<20)
	return m
}

// A message is one of JSON-RPC.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// initialize shakes hands.
func (m *mcpServer) initialize() {
	m.Helper()
	m.request("initialize", map[string]any{
		"protocolVersion": "2025-06-18",
		"capabilities":    map[string]any{},
		"clientInfo":      map[string]any{"name": "e2e", "version": "1"},
	})
	m.write(message{Method: "notifications/initialized"})
}

// tools are the names of what the server offers.
func (m *mcpServer) tools() []string {
	m.Helper()
	var list struct{ Tools []struct{ Name string } }
	require.NoError(m, json.Unmarshal(m.request("tools/list", map[string]any{}), &list))
	var names []string
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
	}
	return names
}

// use calls a tool and returns what the model would read.
func (m *mcpServer) use(tool string, args map[string]any) string {
	m.Helper()
	var result struct {
		Content []struct{ Type, Text string }
	}
	require.NoError(m, json.Unmarshal(m.request("tools/call", map[string]any{"name": tool, "arguments": args}), &result))
	require.Len(m, result.Content, 1)
	assert.Equal(m, "text", result.Content[0].Type)
	return result.Content[0].Text
}

// request sends a request and returns its result. What the server says of its
// own accord in between is passed over.
func (m *mcpServer) request(method string, params any) json.RawMessage {
	m.Helper()
	m.calls++
	m.write(message{ID: m.calls, Method: method, Params: params})
	for m.out.Scan() {
		var got message
		require.NoError(m, json.Unmarshal(m.out.Bytes(), &got), m.out.Text())
		if got.ID == m.calls && got.Method == "" {
			require.Empty(m, string(got.Error), method)
			return got.Result
		}
	}
	require.Fail(m, "the MCP server has ended", "%v", m.out.Err())
	return nil
}

func (m *mcpServer) write(what message) {
	m.Helper()
	what.Version = "2.0"
	text, err := json.Marshal(what)
	require.NoError(m, err)
	_, err = m.in.Write(append(text, '\n'))
	require.NoError(m, err)
}
