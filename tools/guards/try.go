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
	c := &copied{dir, map[string]string{}}
	if !g.only {
		if err := f.model(c); err != nil {
			return nil, err
		}
	}
	for _, t := range g.tests {
		out, failed, _, err := c.test(2*minute, t.pkg, "^"+strings.ReplaceAll(t.name, "/", "$/^")+"$")
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
func (f *findings) model(c *copied) error {
	for _, pattern := range []string{"^TestModel$", "^TestModel_"} {
		out, failed, seconds, err := c.test(minute, "./proxy", pattern)
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

// A copied tree is the tree without one guard, and the tests that were built in it.
type copied struct {
	dir   string
	built map[string]string // binaries by package
}

// build compiles a package's tests, once.
func (c *copied) build(pkg string) (binary string, err error) {
	if binary := c.built[pkg]; binary != "" {
		return binary, nil
	}
	binary = filepath.Join(c.dir, filepath.Base(pkg)+".test")
	build := exec.Command("go", "test", "-vet=off", "-c", "-o", binary, pkg)
	build.Dir = c.dir
	if b, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, b)
	}
	c.built[pkg] = binary
	return binary, nil
}

// test runs the tests of a package that the pattern names. What has not failed
// within limit did not.
func (c *copied) test(limit time.Duration, pkg, pattern string) (out string, failed bool, seconds float64, err error) {
	binary, err := c.build(pkg)
	if err != nil {
		return "", false, 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	run := exec.CommandContext(ctx, binary, "-test.run", pattern)
	run.Dir = filepath.Join(c.dir, pkg)
	run.Env = append(os.Environ(), "MODEL_OPS=100000000", "MODEL_SHORTEN=0s")
	start := time.Now()
	b, err := run.CombinedOutput()
	return string(b), err != nil && ctx.Err() == nil, time.Since(start).Seconds(), nil
}
