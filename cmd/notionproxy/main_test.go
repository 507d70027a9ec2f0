package main

import (
	"bytes"
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be the program itself, for tests that need a
// process: signals and exit codes.
func TestMain(m *testing.M) {
	if os.Getenv("BE_NOTIONPROXY") != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// result is what a finished run left behind.
type result struct {
	code           int
	stdout, stderr string
}

// runProgram runs the program in this process to its end.
func runProgram(ctx context.Context, env []string, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, env, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}
