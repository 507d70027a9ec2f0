package replica

import "github.com/redis/rueidis"

// resume holds what news there are, when this replica comes for the first time,
// against how far those went that an earlier process had heard. Where they do
// not follow upon these, others may have been lost: all that is stored from
// before is open to doubt, on its disk above all.
func (g *Group) resume(found []rueidis.XRangeEntry) {
	if g.entries == nil {
		return
	}
	if len(found) == 0 {
		g.found()
	}
	first, follows := int64(1), false
	n := &g.news
	n.mu.Lock()
	again := n.resumed
	n.resumed = true
	if !again && len(found) > 0 && g.keeper != nil {
		first = numberOf(found[0])
		n.known = lastPlace(g.keeper)
		follows = n.known.history == n.history && first <= n.known.number+1
	}
	n.mu.Unlock()
	if again || follows {
		return
	}
	g.entries.doubt()
	g.entries.begin(first)
}

// found tells a word when there are no news, if this replica will have to know
// them again: an order without any looks like one that was lost.
func (g *Group) found() {
	n := &g.news
	n.mu.Lock()
	tell := g.keeper != nil && n.heard == 0 && !n.founded
	n.founded = n.founded || tell
	n.mu.Unlock()
	if tell {
		g.Tell(begun, nil)
	}
}

// knew says whether an earlier process had heard the news of that number, and
// kept what came of it.
func (g *Group) knew(number int64) bool {
	n := &g.news
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known.history == n.history && number <= n.known.number
}

// keepPlace keeps up to where this replica has heard, unless an earlier process
// had got further.
func (g *Group) keepPlace() {
	here, _ := g.place()
	if g.keeper != nil && !g.knew(here.number+1) {
		g.keeper.KeepPlace(string(here.append(nil)))
	}
}

// lastPlace is what k kept; zero if that is nothing.
func lastPlace(k Keeper) place {
	b := []byte(k.Place())
	if len(b) != placeBytes {
		return place{}
	}
	return placeOf(b)
}
