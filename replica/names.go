package replica

import (
	"encoding/hex"

	"notionproxy/cache/seal"
)

// The last line of the secret file is what the replicas share, so that a new
// secret can be added before it on one after the other.
func shared(ring seal.Ring) *seal.Keys { return ring[len(ring)-1] }

// name is what a thing of that kind is called in Redis. It tells nothing of
// what that is.
func (g *Group) name(kind string, parts ...[]byte) string {
	n := g.keys.Name("redis "+kind, parts...)
	return hex.EncodeToString(n[:16])
}

// seal encrypts what only replicas may read. It opens under the same kind and
// parts alone.
func (g *Group) seal(body []byte, kind string, parts ...[]byte) []byte {
	return g.keys.Own().Seal(nil, body, g.keys.Name("redis "+kind, parts...))
}

func (g *Group) open(sealed []byte, kind string, parts ...[]byte) ([]byte, error) {
	return g.keys.Own().Open(nil, sealed, g.keys.Name("redis "+kind, parts...))
}
