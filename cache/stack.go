package cache

import (
	"context"
	"time"

	"notionproxy/notion"
)

// Stack is a Backing made of several, the nearest first. All of them get to
// know everything; a farther one is asked only when those before it have
// nothing that is fresh.
func Stack(nearest Backing, farther ...Backing) Backing {
	if len(farther) == 0 {
		return nearest
	}
	return stack(append([]Backing{nearest}, farther...))
}

type stack []Backing

func (s stack) Load(ctx context.Context, w Wanted) (*Record, bool) {
	var best *Record
	for _, b := range s {
		r, ok := b.Load(ctx, w)
		if !ok {
			continue
		}
		best, w.After = r, r.Born
		if !r.Suspect && time.Now().Before(r.FreshUntil) {
			break
		}
	}
	return best, best != nil
}

func (s stack) Parent(ctx context.Context, child notion.ID) (notion.ID, bool) {
	for _, b := range s {
		if parent, ok := b.Parent(ctx, child); ok {
			return parent, true
		}
	}
	return notion.ID{}, false
}

func (s stack) Intend(ctx context.Context, d Drop) func() {
	ended := make([]func(), len(s))
	for i, b := range s {
		ended[i] = b.Intend(ctx, d)
	}
	return func() {
		for _, f := range ended {
			f()
		}
	}
}

func (s stack) Save(r *Record, authorization string) {
	for _, b := range s {
		b.Save(r, authorization)
	}
}

func (s stack) Used(owner Owner, key Key) {
	for _, b := range s {
		b.Used(owner, key)
	}
}

func (s stack) Drop(d Drop) {
	for _, b := range s {
		b.Drop(d)
	}
}

func (s stack) Learn(edges []notion.Edge) {
	for _, b := range s {
		b.Learn(edges)
	}
}

func (s stack) Settle(ctx context.Context) {
	for _, b := range s {
		b.Settle(ctx)
	}
}
