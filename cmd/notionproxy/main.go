// Command notionproxy stands between applications and the Notion API: it paces
// their calls, answers from its cache, and keeps answering when Notion fails.
//
// This package reads the outside world (arguments, environment, files,
// signals), puts the parts together and serves. Nothing else.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// Nothing of ours uses the standard logger, but net/http does: of bytes on
	// an idle connection it prints the first, which may be somebody's page.
	log.SetOutput(io.Discard)
	os.Exit(run(untilSignal(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// untilSignal is a context that ends when somebody wants the program to. By
// then signals do what they always do, so that a second one ends it at once.
func untilSignal() context.Context {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	ctx, end := context.WithCancel(context.Background())
	go func() {
		<-asked
		signal.Stop(asked)
		end()
	}()
	return ctx
}
