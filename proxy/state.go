package proxy

import (
	"time"

	"notionproxy/limiter"
	"notionproxy/upstream"
)

// Breakers counts breakers by family of operations and state.
func (p *Proxy) Breakers() map[string]map[upstream.Health]int { return p.breakers.States(time.Now()) }

// Standing is what the limiter has in hand over all connections.
func (p *Proxy) Standing() limiter.Standing { return p.limiter.Standing() }
