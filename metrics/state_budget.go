package metrics

import (
	"time"

	"notionproxy/limiter"
)

func (m *Metrics) addBudgets(read func() []Budget) {
	if read == nil {
		return
	}
	connection := Label{Name: "connection", Open: connectionValues}
	m.state(func(set set) { setBudgets(set, m.labels, read(), time.Now()) },
		Entry{
			Name: "notionproxy_budget_limit_calls", Kind: Gauge, Labels: []Label{connection},
			Help: "Calls that a connection may make in any minute.",
		},
		Entry{
			Name: "notionproxy_budget_left_calls", Kind: Gauge, Labels: []Label{connection},
			Help: "How many of them are left. The rest is used.",
		},
		Entry{
			Name: "notionproxy_budget_used_calls", Kind: Gauge, Labels: []Label{connection},
			Help: "How many of them were made in the last minute.",
		},
		Entry{
			Name: "notionproxy_budget_pace_calls_per_second", Kind: Gauge, Labels: []Label{connection},
			Help: "How fast calls leave on average at most; lower than the limit's while somebody else spends the connection's budget too.",
		},
		Entry{
			Name: "notionproxy_budget_hold_seconds", Kind: Gauge, Unit: "seconds",
			Labels: []Label{connection, {Name: "scope", Values: holdWords}},
			Help:   "How long Notion has asked for no calls yet, by what it named: the connection, its workspace, or that it is blocked. 0 without a hold.",
		},
	)
}

// holdWords are what a hold of all of a connection's calls may be about.
var holdWords = []string{
	limiter.ConnectionScope.String(), limiter.WorkspaceScope.String(), limiter.BlockedScope.String(),
}

// setBudgets sets one series for each connection with a label of its own, and
// one for all others: their limits, what they used and what is left of them
// added up, and the slowest and the longest held of them.
func setBudgets(set set, labels *connectionLabels, budgets []Budget, now time.Time) {
	var rest *Budget
	for _, b := range budgets {
		label := labels.of(b.Connection, true)
		if label != other {
			setBudget(set, label, b.Budget, now)
			continue
		}
		if rest == nil {
			rest = &b
			continue
		}
		rest.Quota += b.Quota
		rest.Left += b.Left
		rest.Rate = min(rest.Rate, b.Rate)
		if b.HeldUntil.After(rest.HeldUntil) {
			rest.HeldUntil, rest.HoldScope = b.HeldUntil, b.HoldScope
		}
	}
	if rest != nil {
		setBudget(set, other, rest.Budget, now)
	}
}

func setBudget(set set, label string, b limiter.Budget, now time.Time) {
	set("notionproxy_budget_limit_calls", float64(b.Quota), label)
	set("notionproxy_budget_left_calls", float64(b.Left), label)
	set("notionproxy_budget_used_calls", float64(b.Quota-b.Left), label)
	set("notionproxy_budget_pace_calls_per_second", b.Rate, label)
	for _, scope := range holdWords {
		held := 0.0
		if b.HoldScope.String() == scope {
			held = max(0, b.HeldUntil.Sub(now).Seconds())
		}
		set("notionproxy_budget_hold_seconds", held, label, scope)
	}
}

func (m *Metrics) addLimiter(read func() limiter.Standing) {
	if read == nil {
		return
	}
	m.state(func(set set) {
		s := read()
		for i, lane := range laneWords {
			set("notionproxy_queue_waiting_calls", float64(s.Waiting[i]), lane)
		}
		set("notionproxy_queue_waiting_bytes", float64(s.WaitingBytes))
		set("notionproxy_connections", float64(s.Connections))
	},
		Entry{
			Name: "notionproxy_queue_waiting_calls", Kind: Gauge, Labels: []Label{{Name: "lane", Values: laneWords[:]}},
			Help: "Calls that wait for the budget now.",
		},
		Entry{Name: "notionproxy_queue_waiting_bytes", Kind: Gauge, Unit: "bytes", Help: "Bytes of their bodies."},
		Entry{
			Name: "notionproxy_connections", Kind: Gauge,
			Help: "Connections that the limiter remembers: tokens until it is known whose they are, and those whose budget is not whole.",
		},
	)
}
