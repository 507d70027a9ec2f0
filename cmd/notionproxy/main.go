// Command notionproxy stands between applications and the Notion API: it paces
// their calls, answers from its cache, and keeps answering when Notion fails.
//
// This package reads the outside world (arguments, environment, files,
// signals), puts the parts together and serves. Nothing else.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
