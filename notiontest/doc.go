// Package notiontest is a Notion to test against: a stateful fake of the Notion
// API with its versions, its limits, its errors and, by script, its faults.
//
// A fake with something in it, used without a socket:
//
//	n := notiontest.New(notiontest.Options{})
//	demo := n.Demo(notiontest.DemoOptions{Rows: 250})
//	client := &http.Client{Transport: n}
//	// GET https://api.notion.com/v1/pages/{demo.Page}, Authorization: Bearer ntn_demo
//
// There are three ways to reach it:
//
//	RoundTrip   the fake is the transport: no connection, no goroutine
//	Pipe        a real http.Server behind connections in memory, for a real
//	            http.Transport; hangs, cuts and resets are real, and all of it
//	            works inside a testing/synctest bubble
//	Serve       the same on any net.Listener
//
// In a bubble, an hour's hang takes no time:
//
//	synctest.Test(t, func(t *testing.T) {
//		n := notiontest.New(notiontest.Options{})
//		n.Demo(notiontest.DemoOptions{})
//		pipe := n.Pipe()
//		t.Cleanup(func() { pipe.Close() })
//		n.Fault(notiontest.Fault{Kind: notiontest.FaultHang})
//		client := &http.Client{Transport: pipe.Transport(), Timeout: time.Hour}
//		…
//	})
//
// All time is taken from time.Now, so a fake clock moves everything: rate
// windows, minutes in last_edited_time, signed URLs, the lag of search,
// asynchronous writes. Nothing runs in the background. All ids follow from
// Options.Seed and the order of the calls.
//
// # What is there
//
// Workspaces, people, connections and tokens (AddWorkspace, AddUser,
// AddConnection, AddToken; Demo makes a small world at once). Pages, databases,
// data sources, blocks, comments, users, search, views, file uploads,
// asynchronous tasks, OAuth and sessions (an event stream) answer as in
// versions 2022-06-28, 2025-09-03 and 2026-03-11; older versions answer as
// 2022-06-28 does. Methods such as CreatePage, SetTitle and Unshare change
// things behind the clients' backs. Calls, CallsBy, Log and Observe tell what
// arrived. Stamp tells for whom an answer was made.
//
// # Faults
//
//	mend := n.Fault(notiontest.Fault{Op: "pages.*", Kind: notiontest.FaultEdge, Status: 502})
//	defer mend()
//
// The kinds are listed at FaultDelay and below. Calls that a fault keeps from
// being carried out cost no rate budget.
//
// # Control
//
// A Notion that runs as a process is controlled over HTTP through the handler
// that Control returns. Parameters stand in the query; answers are JSON.
//
//	POST /break?how=HOW&op=OP&times=N&for=DURATION&token=TOKEN&retry_after=TEXT&reason=TEXT
//	        HOW is one of 502 (edge page), 503, 529, slow (10 s), html (with
//	        status 200), cut, reset, 429, hang, down (every connection is reset),
//	        saved (writes are carried out and answered 503). OP is a pattern for
//	        operations, such as pages.*; empty means all.
//	POST /mend
//	GET  /calls              counts by operation, and the newest calls
//	POST /calls/reset
//	POST /edit?what=title&id=ID&value=TEXT      renames a page, database or data source
//	POST /edit?what=text&id=ID&value=TEXT       changes a block's text
//	POST /edit?what=rename&id=ID&value=FROM&to=TO   renames a property of a data source
//	POST /edit?what=trash&id=ID                 (and restore)
//	POST /edit?what=unshare&id=ID&value=BOT     (and share)
//	POST /edit?what=revoke&value=TOKEN
//	POST /edit?what=cursors                     kills all cursors
package notiontest
