package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// A story is what js/sdk.mjs is told: the world, and how to work in it.
type story struct {
	*world
	Version string          `json:"version"`
	Slow    bool            `json:"slowStream"` // an hour between two events
	Direct  bool            `json:"direct"`     // there is no proxy
	Errors  []scriptedError `json:"errors"`
}

// A scriptedError is one that Notion answers to every call for a page under
// two tokens, each of a connection of its own: what the proxy learns from the
// one, such as a hold, must not be in the way of the other.
type scriptedError struct {
	Code   string `json:"code"`
	Status int    `json:"status"`
	Read   string `json:"read"`
	Write  string `json:"write"`
}

// knownErrors are the codes that the SDK turns into typed errors, with the
// status under which Notion sends them.
var knownErrors = map[string]int{
	"invalid_json":          400,
	"invalid_request_url":   400,
	"invalid_request":       400,
	"invalid_beta":          400,
	"validation_error":      400,
	"unauthorized":          401,
	"restricted_resource":   403,
	"object_not_found":      404,
	"conflict_error":        409,
	"rate_limited":          429,
	"internal_server_error": 500,
	"service_unavailable":   503,
	"gateway_timeout":       504,
	"service_overload":      529,
}

func (s *story) scriptErrors(n *notiontest.Notion) {
	for _, code := range slices.Sorted(maps.Keys(knownErrors)) {
		status := knownErrors[code]
		e := scriptedError{code, status, testToken + "_read_" + code, testToken + "_write_" + code}
		for _, token := range []string{e.Read, e.Write} {
			s.connect(n, token, 0)
			n.Fault(scripted(token, code, status))
		}
		s.Errors = append(s.Errors, e)
	}
}

func scripted(token, code string, status int) notiontest.Fault {
	f := notiontest.Fault{Op: "pages.*", Token: token, Kind: notiontest.FaultStatus, Status: status, Code: code, Message: "Scripted " + code + "."}
	if status == 429 || status == 529 {
		f.RetryAfter = "49" // longer than anybody waits, so that the answer goes through
	}
	return f
}

// tell runs the story. Every step is a test of its own.
func (s *story) tell(t *testing.T) {
	told, err := json.Marshal(s)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	script := exec.CommandContext(ctx, node, "js/sdk.mjs")
	script.Env = environment(map[string]string{"WORLD": string(told)})
	var problems strings.Builder
	script.Stderr = &problems
	out, err := script.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, script.Start())

	steps, done := 0, -1
	for in := bufio.NewScanner(out); in.Scan(); {
		var l struct {
			Step string
			OK   bool
			Why  string
			Done *int
		}
		require.NoError(t, json.Unmarshal(in.Bytes(), &l), in.Text())
		if l.Done != nil {
			done = *l.Done
			continue
		}
		steps++
		t.Run(l.Step, func(t *testing.T) { assert.True(t, l.OK, l.Why) })
	}
	require.NoError(t, script.Wait(), problems.String())
	assert.Empty(t, problems.String())
	assert.Equal(t, done, steps, "steps reported by the end of the script")
}
