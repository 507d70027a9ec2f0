package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"notionproxy/admin"
	"notionproxy/config"
)

const (
	adminTimeout   = 10 * time.Second
	maxAdminAnswer = 16 << 20 // bytes
)

// errNotThere is the listener's 404.
var errNotThere = errors.New("there is no such page")

// An adminClient asks the admin listener of the proxy that has the same
// settings as this run of the program.
type adminClient struct {
	address   string
	token     string
	transport *http.Transport
}

// admin finds the listener by the settings.
func (p *program) admin() (*adminClient, error) {
	cfg, err := p.load()
	if err != nil {
		return nil, err
	}
	if cfg.Admin.Listen == "" {
		return nil, usageError{errors.New("admin.listen is empty: there is no admin listener to ask")}
	}
	token, err := adminToken(cfg.Admin)
	if err != nil {
		return nil, err
	}
	return &adminClient{address: healthAddress(cfg.Admin.Listen), token: token, transport: &http.Transport{}}, nil
}

func adminToken(a config.Admin) (string, error) {
	if a.TokenFile == "" {
		return string(a.Token), nil
	}
	f, err := openSecretFile("admin.token_file", a.TokenFile, 0)
	if err != nil {
		return "", err
	}
	return f.Value(), nil
}

func (c *adminClient) close() { c.transport.CloseIdleConnections() }

// get asks for path and reads the answer into v.
func (c *adminClient) get(ctx context.Context, path string, v any) error {
	return c.ask(ctx, http.MethodGet, path, nil, v)
}

// post sends what as JSON and reads the answer into v.
func (c *adminClient) post(ctx context.Context, path string, what, v any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("asking the admin listener: %w", err)
	}
	return c.ask(ctx, http.MethodPost, path, body, v)
}

func (c *adminClient) ask(ctx context.Context, method, path string, body []byte, v any) error {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("asking the admin listener: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("asking the admin listener at %s: %w; is notionproxy running there, with the same admin.listen?", c.address, err)
	}
	defer answer.Body.Close()
	return c.understand(answer, v)
}

// understand reads an answer. An error is told in the listener's own words.
func (c *adminClient) understand(answer *http.Response, v any) error {
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAdminAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer of the admin listener at %s: %w", c.address, err)
	}
	var failure admin.Failure
	switch {
	case answer.StatusCode == http.StatusOK && json.Unmarshal(body, v) == nil:
		return nil
	case answer.StatusCode != http.StatusOK && json.Unmarshal(body, &failure) == nil && failure.Error != "":
		if answer.StatusCode == http.StatusNotFound {
			return fmt.Errorf("the admin listener at %s: %w (%s)", c.address, errNotThere, answer.Status)
		}
		return fmt.Errorf("the admin listener at %s: %s (%s)", c.address, failure.Error, answer.Status)
	}
	return fmt.Errorf("what answers at %s is no admin listener of notionproxy (%s)", c.address, answer.Status)
}
