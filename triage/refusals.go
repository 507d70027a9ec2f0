package triage

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"notionproxy/exchange"
)

// How many refusals and rejections are kept.
const (
	maxRefusals   = 200
	maxRejections = 200
	maxListed     = 50
)

// stretch is how long something must not happen before its next time is
// another story.
const stretch = 10 * time.Minute

type refusalKey struct {
	connection string
	object     [16]byte
	status     int
}

type rejectionKey struct {
	connection, operation string
	object                [16]byte
	code, message         string
	property              uint64
}

// look enters what Notion refused, and what the runbook's function returns.
func (w *watch) look(x *exchange.Exchange, at time.Duration) {
	when := w.began.Add(at)
	if x.Client != ourselves && isAffected(x) {
		w.affect(x.Client, when)
	}
	switch {
	case x.UpstreamOutcome == "refused":
		w.refuse(x, when)
	case x.UpstreamOutcome == "rejected" && x.UpstreamStatus == 400:
		w.reject(x, when)
	}
	if x.UpstreamOutcome == "" || x.UpstreamOutcome == "left" {
		return
	}
	w.last.auth, w.last.authAt = authStatus(x), when
	if x.Calls > 0 {
		w.last.took, w.last.tookAt = x.Upstream/time.Duration(x.Calls), when
	}
}

// authStatus is what the runbook's function calls so.
func authStatus(x *exchange.Exchange) string {
	switch {
	case x.UpstreamStatus == 0:
		return "network-error"
	case x.UpstreamStatus < 300:
		return "authenticated"
	}
	return codeAndStatus(x.Code, x.UpstreamStatus)
}

func (w *watch) refuse(x *exchange.Exchange, when time.Time) {
	k := refusalKey{connection: x.Connection, status: x.UpstreamStatus}
	if x.UpstreamStatus != 401 {
		k.object = x.Object
	}
	r := w.refusals.at(k, when)
	if r.Count == 0 || when.Sub(r.Last) > stretch {
		*r = Refusal{Connection: x.Connection, Object: idText(k.object), Status: x.UpstreamStatus, First: when}
	}
	if r.Count > 0 && w.date(w.seen.when(x.Connection, k.object)).After(r.Last) {
		r.Between++
	}
	r.Operation, r.Code, r.Count, r.Last = x.Operation, x.Code, r.Count+1, when
	if x.Client != ourselves || r.Caller == "" {
		r.Caller = x.Client
	}
}

func (w *watch) reject(x *exchange.Exchange, when time.Time) {
	k := rejectionKey{x.Connection, x.Operation, x.Object, x.Code, x.Problem, x.Property}
	r := w.rejections.at(k, when)
	if r.Count == 0 || when.Sub(r.Last) > stretch {
		*r = Rejection{
			Connection: x.Connection, Operation: x.Operation, Object: idText(x.Object), Code: x.Code,
			Message: x.Problem, First: when, named: x.Property,
		}
	}
	r.Count, r.Last, r.Caller = r.Count+1, when, x.Client
}

// parseID reads what idText made.
func parseID(s string) (id [16]byte, ok bool) {
	s = strings.ReplaceAll(s, "-", "")
	if len(s) != 2*len(id) {
		return id, false
	}
	n, err := hex.Decode(id[:], []byte(s))
	return id, err == nil && n == len(id)
}

// idText is an id in Notion's own form; empty for none.
func idText(id [16]byte) string {
	if id == ([16]byte{}) {
		return ""
	}
	s := hex.EncodeToString(id[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// isAffected says whether the client got an old answer because of trouble, or
// none.
func isAffected(x *exchange.Exchange) bool {
	return isUnserved(x) || x.Outcome == exchange.Stale && x.Detail != "always" && x.Detail != "incident" ||
		x.UpstreamOutcome == "refused" || x.UpstreamOutcome == "rejected" || isTokenRefusal(x)
}

// codeAndStatus is an error in the words of the runbook's function.
func codeAndStatus(code string, status int) string {
	if code == "" {
		return "HTTP " + strconv.Itoa(status)
	}
	return code + " (HTTP " + strconv.Itoa(status) + ")"
}
