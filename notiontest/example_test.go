package notiontest_test

import (
	"context"
	"fmt"
	"net/http"

	"notionproxy/notiontest"
)

func ask(client *http.Client, path string) (status int, err error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.notion.com"+path, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+notiontest.DemoToken)
	r.Header.Set("Notion-Version", "2026-03-11")
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// A client whose transport is the fake: no socket, no goroutine.
func Example() {
	n := notiontest.New(notiontest.Options{})
	demo := n.Demo(notiontest.DemoOptions{})
	client := &http.Client{Transport: n}

	status, err := ask(client, "/v1/pages/"+demo.Page)
	fmt.Println(status, err)
	mend := n.Fault(notiontest.Fault{Op: "pages.*", Kind: notiontest.FaultEdge, Status: 502})
	status, err = ask(client, "/v1/pages/"+demo.Page)
	fmt.Println(status, err)
	mend()
	fmt.Println(n.Calls("pages.retrieve"))
	// Output:
	// 200 <nil>
	// 502 <nil>
	// 2
}
