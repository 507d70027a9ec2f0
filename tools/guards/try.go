package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// minute is how long the model may look for what is wrong.
const minute = time.Minute

// findings are what fails without a guard.
type findings struct {
	rule    string // that the model found broken; "" if it found nothing
	seconds float64
	failed  []string // named tests
	passed  []string // the same that did not
}

// all says whether all is found that should be.
func (f *findings) all() bool { return len(f.passed) == 0 && (f.rule != "" || len(f.failed) > 0) }

// row is f's line of the table.
func (f *findings) row(g *guard) string {
	model := "-"
	if f.rule != "" {
		model = fmt.Sprintf("%s, %.1f", f.rule, f.seconds)
	}
	tests := strings.Join(f.failed, ", ")
	for _, name := range f.passed {
		tests += "**" + name + " does not fail**"
	}
	if f.rule == "" && len(f.failed) == 0 {
		tests += " **nothing fails**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", g.name, g.where(), model, tests)
}

// tryIn takes g out of the copy in dir, and looks what fails.
func (g *guard) tryIn(dir string) (f *findings, err error) {
	putBack, err := g.takeOut(dir)
	defer func() { err = errors.Join(err, putBack()) }()
	if err != nil {
		return nil, err
	}
	f = &findings{}
	if !g.only {
		if err := f.model(dir); err != nil {
			return nil, err
		}
	}
	for _, t := range g.tests {
		out, failed, _, err := test(dir, 2*minute, t.pkg, "^"+strings.ReplaceAll(t.name, "/", "$/^")+"$")
		switch {
		case err != nil:
			return nil, err
		case strings.Contains(out, "no tests to run"):
			return nil, fmt.Errorf("there is no test %s in %s", t.name, t.pkg)
		case failed:
			f.failed = append(f.failed, "`"+t.name+"`")
		default:
			f.passed = append(f.passed, "`"+t.name+"`")
		}
	}
	return f, nil
}

var (
	broken = regexp.MustCompile(`rule (\d+) is broken`)
	named  = regexp.MustCompile(`(?m)^\s*--- FAIL: (TestModel_\w+)`)
)

// model runs the model until something is wrong, for a minute at most: what it
// does at random, then its tests of one thing.
func (f *findings) model(dir string) error {
	for _, pattern := range []string{"^TestModel$", "^TestModel_"} {
		out, failed, seconds, err := test(dir, minute, "./proxy", pattern)
		if err != nil {
			return err
		}
		if !failed {
			continue
		}
		f.rule, f.seconds = "it ends", seconds
		if m := broken.FindStringSubmatch(out); m != nil {
			f.rule = m[1]
		} else if m := named.FindStringSubmatch(out); m != nil {
			f.rule = "`" + m[1] + "`"
		}
		return nil
	}
	return nil
}

// test builds a package's tests and runs those that the pattern names. What has
// not failed within limit did not.
func test(dir string, limit time.Duration, pkg, pattern string) (out string, failed bool, seconds float64, err error) {
	binary := filepath.Join(dir, "guards.test")
	build := exec.Command("go", "test", "-vet=off", "-c", "-o", binary, pkg)
	build.Dir = dir
	if b, err := build.CombinedOutput(); err != nil {
		return "", false, 0, fmt.Errorf("building %s: %w\n%s", pkg, err, b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, binary, "-test.run", pattern)
	c.Dir = filepath.Join(dir, pkg)
	c.Env = append(os.Environ(), "MODEL_OPS=100000000", "MODEL_SHORTEN=0s")
	start := time.Now()
	b, err := c.CombinedOutput()
	return string(b), err != nil && ctx.Err() == nil, time.Since(start).Seconds(), nil
}
