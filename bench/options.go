package main

import (
	"errors"
	"flag"
	"regexp"
	"strings"
	"time"
)

// options are what can be given as arguments.
type options struct {
	quick   bool
	runs    int
	slice   time.Duration // of one run that counts
	warm    time.Duration // before it
	clients int
	rows    *regexp.Regexp
	root    string
	binary  string
	env     []string
	perf    string

	serve string // a role; empty: measure
	as    serveOptions
}

func parse(args []string) (options, error) {
	o := options{rows: regexp.MustCompile("")}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.BoolVar(&o.quick, "quick", false, "three short runs of each: half a minute, and numbers to match")
	f.IntVar(&o.runs, "runs", 5, "runs of each side")
	f.DurationVar(&o.slice, "slice", 800*time.Millisecond, "how long a run counts")
	f.DurationVar(&o.warm, "warm", 150*time.Millisecond, "how long a server is warmed up before it")
	f.IntVar(&o.clients, "clients", 8, "connections that ask at the same time")
	f.Func("rows", "measure only rows that match this `regexp`, such as 'hit: GET 30'", func(s string) (err error) {
		o.rows, err = regexp.Compile(s)
		return err
	})
	f.StringVar(&o.root, "root", "..", "`checkout` to build notionproxy from")
	f.StringVar(&o.binary, "proxy", "", "`file` to run as notionproxy, instead of building it")
	f.Func("env", "`NAME=VALUE` for notionproxy, beside what the bench sets; can be repeated", func(s string) error {
		if !strings.Contains(s, "=") {
			return errors.New("want NAME=VALUE")
		}
		o.env = append(o.env, s)
		return nil
	})
	f.StringVar(&o.perf, "perf", "", "`directory` for profiles of notionproxy's last runs, by perf(1)")
	f.StringVar(&o.serve, "serve", "", "used by the bench itself: serve as bare, reverseproxy or notion")
	f.StringVar(&o.as.listen, "listen", "127.0.0.1:0", "used by the bench itself")
	f.StringVar(&o.as.notion, "notion", "", "used by the bench itself")
	f.StringVar(&o.as.id, "id", "", "used by the bench itself")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.quick {
		o.runs, o.slice, o.warm = 3, 100*time.Millisecond, 30*time.Millisecond
	}
	if o.runs < 1 || o.clients < 1 || o.slice <= 0 {
		return o, errors.New("-runs, -clients and -slice must be positive")
	}
	return o, nil
}
