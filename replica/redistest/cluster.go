package redistest

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// A Cluster is three servers that share the keys, without copies at first.
type Cluster struct{ Nodes []*Server }

// startNode starts a server that is to be part of a Cluster, and returns the
// port of its bus: the usual one, 10,000 above, may be no port at all.
func startNode(t testing.TB) (s *Server, bus string) {
	t.Helper()
	_, bus, _ = net.SplitHostPort(freeAddr(t))
	return Start(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "2000"), bus
}

// slots is how many the keys of a Cluster are divided into.
const slots = 16384

// StartCluster starts one, and waits until it takes commands. It ends with the
// test.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	const nodes = 3
	c := &Cluster{}
	var buses []string
	for i := range nodes {
		s, bus := startNode(t)
		s.must("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
		s.must("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(i*slots/nodes), fmt.Sprint((i+1)*slots/nodes-1))
		c.Nodes, buses = append(c.Nodes, s), append(buses, bus)
	}
	for i, s := range c.Nodes[1:] {
		c.Nodes[0].meet(s, buses[i+1])
	}
	c.Wait()
	return c
}

func (s *Server) meet(other *Server, bus string) {
	s.t.Helper()
	host, port, _ := net.SplitHostPort(other.Addr())
	s.must("CLUSTER", "MEET", host, port, bus)
}

// Copy adds a copy of a node, which takes that one's place when it is gone.
func (c *Cluster) Copy(of *Server) (s *Server) {
	of.t.Helper()
	s, bus := startNode(of.t)
	of.meet(s, bus)
	name := of.Bulk("CLUSTER", "MYID")
	for range 400 {
		_ = s.Say("CLUSTER", "REPLICATE", name) // it may not know the other yet
		if strings.Contains(s.Bulk("INFO", "replication"), "master_link_status:up") && c.know(len(c.Nodes)+1) {
			return s
		}
		time.Sleep(25 * time.Millisecond)
	}
	of.t.Fatal("the copy does not follow")
	return nil
}

// Part keeps the copy of a node from what that is told from now on, as when the
// network between them is slow or gone.
func Part(copied, from *Server) {
	copied.t.Helper()
	copied.must("CONFIG", "SET", "masterauth", "wrong")
	copied.must("CONFIG", "SET", "masteruser", "nobody")
	if word := from.Say("CLIENT", "KILL", "TYPE", "replica"); word != ":1" {
		copied.t.Fatal("parting a copy from its node: ", word)
	}
}

// TakeOver puts a copy in its node's place at once, whatever the others say.
func (s *Server) TakeOver() {
	s.t.Helper()
	s.must("CLUSTER", "FAILOVER", "TAKEOVER")
}

// know says whether all nodes know of that many.
func (c *Cluster) know(nodes int) bool {
	for _, s := range c.Nodes {
		if !strings.Contains(s.Bulk("CLUSTER", "INFO"), fmt.Sprint("cluster_known_nodes:", nodes)) {
			return false
		}
	}
	return true
}

// Wait waits until all nodes know each other and that all slots are served.
func (c *Cluster) Wait() {
	first := c.Nodes[0]
	first.t.Helper()
	for range 400 {
		if c.isWhole() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	first.t.Fatal("the cluster does not come together")
}

func (c *Cluster) isWhole() bool {
	for _, s := range c.Nodes {
		if !strings.Contains(s.Bulk("CLUSTER", "INFO"), "cluster_state:ok") {
			return false
		}
	}
	return c.know(len(c.Nodes))
}

// Owner is the node that has a key.
func (c *Cluster) Owner(key string) *Server {
	for _, s := range c.Nodes {
		if !strings.HasPrefix(s.Say("EXISTS", key), "-MOVED") {
			return s
		}
	}
	return nil
}

// URL is what clients connect to.
func (c *Cluster) URL() string {
	var more []string
	for _, s := range c.Nodes[1:] {
		more = append(more, "addr="+s.Addr())
	}
	return c.Nodes[0].URL() + "?" + strings.Join(more, "&")
}
