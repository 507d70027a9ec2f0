package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
)

// serveOptions is what the roles need to know.
type serveOptions struct {
	listen string
	notion string // base URL of the canned Notion, for the reverse proxy
	id     string // of the one question that the bare server answers
}

// roles are what our own processes serve, beside the one that measures.
var roles = map[string]func(serveOptions) (http.Handler, error){
	"bare":         newBare,
	"reverseproxy": newReverse,
	"notion":       newNotion,
}

// serve runs one role until the process is ended.
func serve(ctx context.Context, name string, o serveOptions) error {
	build, ok := roles[name]
	if !ok {
		return fmt.Errorf("there is no server called %q", name)
	}
	h, err := build(o)
	if err != nil {
		return fmt.Errorf("making the server %s: %w", name, err)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	return http.Serve(ln, h)
}
