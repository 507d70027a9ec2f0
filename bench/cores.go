package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// cores says where processes run: the server under measure on one core by
// itself, all else on another, so that neither takes the other's time. The
// zero cores pin nothing.
type cores struct{ server, load string }

// pickCores takes the first and the last core that we may use.
func pickCores() cores {
	if _, err := exec.LookPath("taskset"); err != nil {
		return cores{}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return cores{}
	}
	all := allowed(string(status))
	if len(all) < 2 {
		return cores{}
	}
	return cores{server: strconv.Itoa(all[0]), load: strconv.Itoa(all[len(all)-1])}
}

// allowed reads the cores that a process may use from its /proc/PID/status
// (proc(5): "0-1,4"), in order.
func allowed(status string) []int {
	var all []int
	for line := range strings.Lines(status) {
		list, ok := strings.CutPrefix(line, "Cpus_allowed_list:")
		if !ok {
			continue
		}
		for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
			first, last, isRange := strings.Cut(part, "-")
			from, err := strconv.Atoi(first)
			if err != nil {
				return nil
			}
			to := from
			if isRange {
				if to, err = strconv.Atoi(last); err != nil {
					return nil
				}
			}
			for n := from; n <= to; n++ {
				all = append(all, n)
			}
		}
	}
	slices.Sort(all)
	return all
}

// pin makes a command of args that runs on one core; "" means any.
func pin(core string, args []string) []string {
	if core == "" {
		return args
	}
	return append([]string{"taskset", "-c", core}, args...) // which becomes the program, so that its pid is the program's
}

// stay keeps this process, with all of its threads, on the core for load.
func (c cores) stay(ctx context.Context) error {
	if c.load == "" {
		return nil
	}
	out, err := exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", c.load, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("moving the load to core %s: %w: %s", c.load, err, out)
	}
	runtime.GOMAXPROCS(1)
	return nil
}

func (c cores) String() string {
	if c == (cores{}) {
		return "not pinned: there is no taskset, or one core alone"
	}
	return fmt.Sprintf("server on core %s, load and upstream on core %s", c.server, c.load)
}
