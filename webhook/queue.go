package webhook

import (
	"container/list"
	"sync"
	"time"

	"notionproxy/notion"
)

// maxWorkspaces bounds those of which it is known that something was lost.
const maxWorkspaces = 1000

// An item is one event, or several of one object and type that came before
// anybody got to them.
type item struct {
	event   notion.Event
	arrived time.Time
	lost    bool // it stands for events of its workspace that there was no room for
}

// A subject is what events are folded by.
type subject struct {
	workspace string
	entity    notion.ID
	sort      string
	parent    notion.ID // where it stands may change between two events
}

// queue holds what waits, in order of arrival. It is safe for concurrent use.
type queue struct {
	most int
	more chan struct{} // has one when there may be something

	mu      sync.Mutex
	waiting map[subject]*list.Element // of *item
	order   list.List
}

func newQueue(most int) *queue {
	return &queue{most: most, more: make(chan struct{}, 1), waiting: map[subject]*list.Element{}}
}

// queued says what became of an event.
type queued uint8

const (
	alone queued = iota
	folded
	overflowed
)

// push adds an event.
func (q *queue) push(e notion.Event, arrived time.Time) queued {
	defer q.wake()
	q.mu.Lock()
	defer q.mu.Unlock()
	key := subject{e.Workspace, e.Entity, e.Type, e.Parent}
	if waiting, ok := q.waiting[key]; ok {
		waiting.Value.(*item).fold(e, arrived)
		return folded
	}
	if len(q.waiting) >= q.most {
		q.lose(e, arrived)
		return overflowed
	}
	q.waiting[key] = q.order.PushBack(&item{event: e, arrived: arrived})
	return alone
}

// lose remembers that there was something in the event's workspace; where
// there is no room even for that, in all.
func (q *queue) lose(e notion.Event, arrived time.Time) {
	key := subject{workspace: e.Workspace}
	waiting, ok := q.waiting[key]
	if !ok && len(q.waiting) >= q.most+maxWorkspaces {
		e.Workspace, key.workspace = "", ""
		waiting, ok = q.waiting[key]
	}
	if ok {
		waiting.Value.(*item).fold(e, arrived)
		return
	}
	lost := &item{event: notion.Event{Workspace: e.Workspace, At: e.At}, arrived: arrived, lost: true}
	q.waiting[key] = q.order.PushBack(lost)
}

// fold makes i stand for another event, too. Of two times the later one
// counts: more is taken for untrue then, never less.
func (i *item) fold(e notion.Event, arrived time.Time) {
	if e.At.After(i.event.At) {
		i.event.At = e.At
	}
	if arrived.After(i.arrived) {
		i.arrived = arrived
	}
	if !i.lost {
		i.event.Merge(e)
	}
}

// next takes out what came first.
func (q *queue) next() (item, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := q.order.Front()
	if first == nil {
		return item{}, false
	}
	i := q.order.Remove(first).(*item)
	key := subject{i.event.Workspace, i.event.Entity, i.event.Type, i.event.Parent}
	if i.lost {
		key = subject{workspace: i.event.Workspace}
	}
	delete(q.waiting, key)
	return *i, true
}

// giveUp makes one word for each workspace of what waits, and of first.
func (q *queue) giveUp(first item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := []item{first}
	for e := q.order.Front(); e != nil; e = e.Next() {
		all = append(all, *e.Value.(*item))
	}
	q.order.Init()
	clear(q.waiting)
	q.most = 0
	for _, i := range all {
		q.lose(i.event, i.arrived)
	}
}

func (q *queue) wake() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}
