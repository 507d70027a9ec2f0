package redistest

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// A Cluster is three servers that share the keys, without copies.
type Cluster struct{ Nodes []*Server }

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
		// The usual place of the bus, 10,000 above, may be no port at all.
		_, bus, _ := net.SplitHostPort(freeAddr(t))
		s := Start(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "2000")
		s.must("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
		s.must("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(i*slots/nodes), fmt.Sprint((i+1)*slots/nodes-1))
		c.Nodes, buses = append(c.Nodes, s), append(buses, bus)
	}
	for i, s := range c.Nodes[1:] {
		host, port, _ := net.SplitHostPort(s.Addr())
		c.Nodes[0].must("CLUSTER", "MEET", host, port, buses[i+1])
	}
	c.Wait()
	return c
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
		info := s.Bulk("CLUSTER", "INFO")
		if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprint("cluster_known_nodes:", len(c.Nodes))) {
			return false
		}
	}
	return true
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
