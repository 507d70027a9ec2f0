package notiontest

import (
	"cmp"
	"net/http"
	"strconv"
	"time"
)

// breaks are the ways in which Control breaks Notion.
var breaks = map[string]Fault{
	"502":   {Kind: FaultEdge, Status: 502},
	"503":   {Kind: FaultStatus, Status: 503},
	"529":   {Kind: FaultStatus, Status: 529},
	"slow":  {Kind: FaultDelay, Delay: 10 * time.Second},
	"html":  {Kind: FaultHTML},
	"cut":   {Kind: FaultCut},
	"reset": {Kind: FaultResetBody},
	"429":   {Kind: FaultLimit, RetryAfter: "5"},
	"hang":  {Kind: FaultHang},
	"down":  {Kind: FaultReset},
	"saved": {Kind: FaultSaved, Writes: true},
}

// Control is a small plain HTTP API for a Notion that runs as a process of its
// own, to break it and to edit it behind its clients' backs. Mount it on a
// listener or a path of its own; the package comment lists what it answers.
func (n *Notion) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /break", n.controlBreak)
	mux.HandleFunc("POST /mend", func(w http.ResponseWriter, _ *http.Request) {
		n.ClearFaults()
		say(w, 200, object{{"mended", true}})
	})
	mux.HandleFunc("GET /calls", n.controlCalls)
	mux.HandleFunc("POST /calls/reset", func(w http.ResponseWriter, _ *http.Request) {
		n.ResetCalls()
		say(w, 200, object{{"reset", true}})
	})
	mux.HandleFunc("POST /edit", n.controlEdit)
	return mux
}

func say(w http.ResponseWriter, status int, o object) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(appendJSON(nil, o), '\n'))
}

func (n *Notion) controlBreak(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, ok := breaks[q.Get("how")]
	if !ok {
		say(w, 400, object{{"error", "how is not one of the known ways"}, {"known", "502, 503, 529, slow, html, cut, reset, 429, hang, down, saved"}})
		return
	}
	f.Op, f.Token, f.RetryAfter = q.Get("op"), q.Get("token"), cmp.Or(q.Get("retry_after"), f.RetryAfter)
	f.Reason = q.Get("reason")
	f.Times, _ = strconv.Atoi(q.Get("times"))
	if s := q.Get("for"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			say(w, 400, object{{"error", "for is not a duration such as 5s"}})
			return
		}
		f.Delay = d
	}
	n.rebreak(f)
	say(w, 200, object{{"broken", q.Get("how")}, {"op", cmp.Or(f.Op, "*")}})
}

// rebreak puts f in force before everything else, and in place of what /break
// did to the same calls before: the newest command counts.
func (n *Notion) rebreak(f Fault) {
	mend := n.arm(f, true)
	n.mu.Lock()
	defer n.mu.Unlock()
	key := f.Op + " " + f.Token
	if before := n.broken[key]; before != nil {
		before()
	}
	n.broken[key] = mend
}

func (n *Notion) controlCalls(w http.ResponseWriter, _ *http.Request) {
	n.log.mu.Lock()
	total, byOp := 0, object{}
	for _, op := range operations {
		if c := n.log.byOp[op.name]; c > 0 {
			byOp = append(byOp, member{op.name, c})
		}
	}
	for _, c := range n.log.byOp {
		total += c
	}
	n.log.mu.Unlock()
	calls := []object{}
	for _, c := range n.Log() {
		calls = append(calls, object{{"seq", c.Seq}, {"at", milli(c.At)}, {"op", c.Op}, {"method", c.Method}, {"path", c.Path},
			{"version", c.Version}, {"status", c.Status}, {"code", c.Code}, {"fault", c.Fault}, {"counted", c.Counted}, {"request_id", c.RequestID}})
	}
	say(w, 200, object{{"total", total}, {"by_operation", byOp}, {"calls", calls}})
}

// edits are what POST /edit can do, by the name of its parameter.
var edits = map[string]func(n *Notion, id, value, extra string){
	"title":   func(n *Notion, id, value, _ string) { n.SetTitle(id, value) },
	"text":    func(n *Notion, id, value, _ string) { n.SetText(id, value) },
	"rename":  func(n *Notion, id, value, extra string) { n.RenameProperty(id, value, extra) },
	"trash":   func(n *Notion, id, _, _ string) { n.Trash(id) },
	"restore": func(n *Notion, id, _, _ string) { n.Restore(id) },
	"unshare": func(n *Notion, id, value, _ string) { n.Unshare(value, id) },
	"share":   func(n *Notion, id, value, _ string) { n.Share(value, id) },
	"revoke":  func(n *Notion, _, value, _ string) { n.RevokeToken(value) },
	"cursors": func(n *Notion, _, _, _ string) { n.KillCursors() },
}

func (n *Notion) controlEdit(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	edit, ok := edits[q.Get("what")]
	if !ok {
		say(w, 400, object{{"error", "what is not one of title, text, rename, trash, restore, unshare, share, revoke, cursors"}})
		return
	}
	defer func() {
		if p := recover(); p != nil { // an id that does not exist
			say(w, 404, object{{"error", "no such object"}})
		}
	}()
	edit(n, q.Get("id"), q.Get("value"), q.Get("to"))
	say(w, 200, object{{"edited", q.Get("what")}})
}
