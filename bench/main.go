// Command bench measures what notionproxy costs: the CPU time of a hit beside
// a bare net/http server that writes the same bytes, and of a miss beside
// httputil.ReverseProxy in front of the same canned Notion.
//
//	load  ->  bare                       a hit's floor
//	load  ->  notionproxy                hits
//	load  ->  ReverseProxy  ->  notion   a miss's floor
//	load  ->  notionproxy   ->  notion   misses
//
// Every server is a process of its own, and its CPU time is what the operating
// system says. README.md tells how to read the table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// run measures, or serves when it is told to. Numbers over their bound are no
// error: a machine that is busy with other things makes such numbers too.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.serve != "" {
		return serve(ctx, o.serve, o.as)
	}
	dir, err := os.MkdirTemp("", "notionproxy-bench-")
	if err != nil {
		return fmt.Errorf("making a place for the binary: %w", err)
	}
	defer os.RemoveAll(dir)
	if o.binary == "" {
		o.binary, err = build(ctx, o.root, dir)
	} else {
		o.binary, err = filepath.Abs(o.binary) // else it would be looked for in PATH
	}
	if err != nil {
		return err
	}
	err = measureAll(ctx, o, out)
	if ctx.Err() != nil {
		return errors.New("interrupted") // which looks like a broken server, since all end
	}
	return err
}

// measureAll measures the rows that are wanted, one after the other.
func measureAll(ctx context.Context, o options, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("looking for this program: %w", err)
	}
	b := &bench{options: o, cores: pickCores(), pantry: newPantry()}
	fmt.Fprintf(out, "%s, %s/%s, %d cores; %v\n%d runs of each in turns, medians\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), b.cores, o.runs)
	if err := b.cores.stay(ctx); err != nil {
		return err
	}
	b.servers = servers{self: self, binary: o.binary, core: b.cores.server, env: o.env}
	notion, err := start(ctx, b.servers.role(b.cores.load, "notion"))
	if err != nil {
		return err
	}
	defer notion.stop()
	b.servers.notion = "http://" + notion.addr

	heading(out)
	for _, r := range allRows() {
		if !o.rows.MatchString(r.String()) {
			continue
		}
		result, err := b.measure(ctx, r)
		if err != nil {
			return err
		}
		result.line(out)
	}
	return nil
}
