package metrics

import "sync"

// maxConnections bounds the series of what is told of each connection.
const maxConnections = 1000

// connectionLabels says under which label a connection is counted: its own for
// those that came first, "other" for the rest. A token that Notion has never
// taken gets none, or made-up ones would use up all of them.
type connectionLabels struct {
	mu   sync.RWMutex
	most int
	own  map[string]bool
}

func newConnectionLabels(most int) *connectionLabels {
	return &connectionLabels{most: most, own: map[string]bool{}}
}

// of is the label of a connection. accepted says that Notion takes its token.
func (l *connectionLabels) of(connection string, accepted bool) string {
	l.mu.RLock()
	own, full := l.own[connection], len(l.own) >= l.most
	l.mu.RUnlock()
	switch {
	case own:
		return connection
	case full || !accepted || connection == "":
		return other
	}
	return l.add(connection)
}

func (l *connectionLabels) add(connection string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.own) >= l.most && !l.own[connection] {
		return other
	}
	l.own[connection] = true
	return connection
}
