package notiontest_test

import (
	"io"
	"testing"

	"notionproxy/notiontest"
)

func BenchmarkRoundTrip(b *testing.B) {
	n := notiontest.New(notiontest.Options{RateLimit: -1})
	w := &world{t: b, Notion: n, Demo: n.Demo(notiontest.DemoOptions{Rows: 250}), via: n, version: v2025, token: notiontest.DemoToken}
	for _, bc := range []struct{ name, method, path string }{
		{"me", "GET", "/v1/users/me"},
		{"page", "GET", "/v1/pages/" + w.Rows[0]},
		{"query of 100 rows", "POST", "/v1/data_sources/" + w.DataSource + "/query"},
		{"search", "POST", "/v1/search"},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				resp, err := n.RoundTrip(w.request(bc.method, bc.path, ""))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
			}
		})
	}
}
