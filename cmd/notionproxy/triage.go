package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"notionproxy/triage"
	"notionproxy/triage/page"
)

type triageCommand struct {
	URL     string `placeholder:"URL" help:"Of a running proxy, such as http://127.0.0.1:8080. Without it: the proxy that has the same settings, or none."`
	Probe   bool   `help:"Have the proxy look at Notion first: name, connection, tokens, status page, a query."`
	JSON    bool   `help:"The whole report as JSON."`
	Oneline bool   `help:"One line, for cron: \"OK: connected as NAME\", or what is wrong."`
}

// verdictCodes are the exit codes by classification. Scripts rely on them: none
// is ever changed or used again. They begin where shells and container
// runtimes have no meaning of their own for them.
var verdictCodes = map[triage.Class]int{
	triage.OK:              exitOK,
	triage.NotionDown:      10,
	triage.NetworkIssue:    11,
	triage.NotionSide:      12,
	triage.TokenExpired:    13,
	triage.RateLimited:     14,
	triage.SchemaChanged:   15,
	triage.PagesUnshared:   16,
	triage.APIError:        17,
	triage.IntegrationSide: 18,
	triage.Unknown:         19,
}

// verdictCode is the exit code of a class.
func verdictCode(c triage.Class) int {
	if code, ok := verdictCodes[c]; ok {
		return code
	}
	return exitFailed
}

// Help is what --help adds.
func (triageCommand) Help() string {
	var b strings.Builder
	b.WriteString("Asks a running proxy what is wrong with Notion, or with how it is used. Where none runs, looks by itself, with NOTION_TOKEN (or notion.token_file) and, for a query of one row, NOTION_TEST_DATA_SOURCE_ID or NOTION_TEST_DATABASE_ID.\n\nExit codes:")
	fmt.Fprintf(&b, " %d no report; %d wrong arguments", exitFailed, exitMisused)
	for _, c := range triage.Classes() {
		fmt.Fprintf(&b, "; %d %s", verdictCode(c), c)
	}
	b.WriteString(".")
	return b.String()
}

// verdictError ends the program with the code of a verdict. It is no failure,
// and nothing is said about it beside the report.
type verdictError struct{ class triage.Class }

func (e verdictError) Error() string { return string(e.class) }

// Run prints a report and exits by its classification.
func (c triageCommand) Run(ctx context.Context, p *program) error {
	r, err := c.report(ctx, p)
	if err != nil {
		return err
	}
	if err := c.print(p, r); err != nil {
		return err
	}
	if r.Classification != triage.OK {
		return verdictError{r.Classification}
	}
	return nil
}

// report asks a proxy; one that does not run is asked for in vain, and what
// can be seen without it is looked at.
func (c triageCommand) report(ctx context.Context, p *program) (triage.Report, error) {
	cfg, err := p.load()
	if err != nil {
		return triage.Report{}, err
	}
	ask, err := newReportClient(cfg, c.URL)
	if err != nil {
		return triage.Report{}, err
	}
	defer ask.close()
	r, err := ask.report(ctx, c.Probe, c.Oneline)
	if c.URL == "" && errors.Is(err, errNoProxy) {
		fmt.Fprintln(p.stderr, "No proxy runs at "+ask.base+": looking at Notion from here.")
		return lookAlone(ctx, p, cfg)
	}
	return r, err
}

func (c triageCommand) print(p *program, r triage.Report) error {
	switch {
	case c.JSON:
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
		fmt.Fprintf(p.stdout, "%s\n", text)
	case c.Oneline:
		fmt.Fprintln(p.stdout, page.OneLine(r))
	default:
		page.Text(p.stdout, r, page.Style(isTerminal(p.stdout) && !p.has("NO_COLOR")))
	}
	return nil
}

// has says whether the environment sets a variable to something.
func (p *program) has(name string) bool { return p.variable(name) != "" }
