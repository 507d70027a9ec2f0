package proxy

import (
	"encoding/hex"

	"notionproxy/cache"
)

// maxTokens bounds how many tokens are remembered: some 15 MB where they are of
// one connection, 23 MB where each is of its own. Those that Notion has said
// nothing about are not: anybody can make up more.
const maxTokens = 40_000

// A tokenBook remembers the tokens used last. One connection's are no more than
// half of them while others want the room, and so are those whose connection is
// not known: who gets one token after the other, or makes them up, must not have
// everybody else forgotten. It is not safe for concurrent use.
type tokenBook struct {
	most        int
	tokens      map[cache.Owner]*knownToken
	used        tokenList
	connections map[string]*connectionTokens // by bot, "" while that is not known
	heavy       *connectionTokens            // has more than half; nil if none has
}

// knownToken is a token with its places in the lists.
type knownToken struct {
	tokenState
	owner cache.Owner
	of    *connectionTokens
	links [2]tokenLinks
}

// connectionTokens are those of one connection.
type connectionTokens struct {
	bot, workspace string
	used           tokenList
}

func newTokenBook(most int) *tokenBook {
	return &tokenBook{most: most, tokens: map[cache.Owner]*knownToken{}, connections: map[string]*connectionTokens{}}
}

// peek returns a token, nil if it is not known.
func (b *tokenBook) peek(o cache.Owner) *knownToken { return b.tokens[o] }

// get is peek for a token that is being used.
func (b *tokenBook) get(o cache.Owner) *knownToken {
	k := b.tokens[o]
	if k != nil {
		b.used.toFront(k, ofAll)
		k.of.used.toFront(k, ofConnection)
	}
	return k
}

// add remembers a token that is not known.
func (b *tokenBook) add(o cache.Owner) *knownToken {
	if len(b.tokens) >= b.most {
		b.forget(b.next())
	}
	k := &knownToken{tokenState: newTokenState(o), owner: o}
	b.tokens[o] = k
	b.used.pushFront(k, ofAll)
	b.join(k, "")
	return k
}

// next is the token to be forgotten next.
func (b *tokenBook) next() *knownToken {
	if b.heavy != nil {
		return b.heavy.used.oldest
	}
	return b.used.oldest
}

func (b *tokenBook) forget(k *knownToken) {
	b.leave(k)
	b.used.remove(k, ofAll)
	delete(b.tokens, k.owner)
}

// identify says which connection k is. What is remembered of that is one string
// for all its tokens: else each would keep one of its own.
func (b *tokenBook) identify(k *knownToken, bot, workspace string) {
	if k.of.bot != bot {
		b.leave(k)
		b.join(k, bot)
	}
	if workspace != "" && workspace != k.of.workspace {
		k.of.workspace = workspace
	}
	k.bot, k.workspace = k.of.bot, workspace
	if workspace != "" {
		k.workspace = k.of.workspace
	}
}

func (b *tokenBook) join(k *knownToken, bot string) {
	c := b.connections[bot]
	if c == nil {
		c = &connectionTokens{bot: bot}
		b.connections[bot] = c
	}
	k.of = c
	c.used.pushFront(k, ofConnection)
	if c.used.n > b.most/2 {
		b.heavy = c
	}
}

func (b *tokenBook) leave(k *knownToken) {
	c := k.of
	c.used.remove(k, ofConnection)
	if c == b.heavy && c.used.n <= b.most/2 {
		b.heavy = nil
	}
	if c.used.n == 0 {
		delete(b.connections, c.bot)
	}
}

func newTokenState(o cache.Owner) tokenState { return tokenState{budget: hex.EncodeToString(o[:])} }

// tokenLinks are a token's neighbours in a list.
type tokenLinks struct{ newer, older *knownToken }

// The lists that a token is in.
const (
	ofAll = iota
	ofConnection
)

// A tokenList has tokens by last use. Its links are in the tokens, which costs
// less than a list beside them, and there are many.
type tokenList struct {
	newest, oldest *knownToken
	n              int
}

func (l *tokenList) pushFront(k *knownToken, which int) {
	k.links[which] = tokenLinks{older: l.newest}
	if l.newest != nil {
		l.newest.links[which].newer = k
	} else {
		l.oldest = k
	}
	l.newest = k
	l.n++
}

func (l *tokenList) remove(k *knownToken, which int) {
	at := k.links[which]
	if at.newer != nil {
		at.newer.links[which].older = at.older
	} else {
		l.newest = at.older
	}
	if at.older != nil {
		at.older.links[which].newer = at.newer
	} else {
		l.oldest = at.newer
	}
	k.links[which] = tokenLinks{}
	l.n--
}

func (l *tokenList) toFront(k *knownToken, which int) {
	if l.newest != k {
		l.remove(k, which)
		l.pushFront(k, which)
	}
}
