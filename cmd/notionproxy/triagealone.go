package main

import (
	"cmp"
	"context"
	"net/url"

	"notionproxy/config"
	"notionproxy/triage"
)

// The variables that name what to query, as the well-known scripts have them.
const (
	testDatabase   = "NOTION_TEST_DATABASE_ID"
	testDataSource = "NOTION_TEST_DATA_SOURCE_ID"
)

// lookAlone looks at Notion without a proxy, once, and says what it saw.
func lookAlone(ctx context.Context, p *program, cfg config.Config) (triage.Report, error) {
	open, err := openFiles(cfg)
	if err != nil {
		return triage.Report{}, err
	}
	base, err := url.Parse(cfg.Notion.URL)
	if err != nil {
		return triage.Report{}, err // settings are checked before, so that this never happens
	}
	return triage.Direct{
		URL: base, Roots: open.roots, ProxyFromEnvironment: cfg.Notion.UseProxyEnvironment,
		Token:      secretFrom(open.token, cfg.Notion.Token)(),
		Database:   cmp.Or(p.variable(testDatabase), cfg.Triage.TestDatabase),
		DataSource: cmp.Or(p.variable(testDataSource), cfg.Triage.TestDataSource),
		StatusURL:  cfg.StatusPage.URL,
	}.Report(ctx), nil
}
