package triage

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// probeLimit is how long one probe may take. All run at once.
const probeLimit = 8 * time.Second

// A Prober looks at Notion. Its functions may wait, until their context ends.
type Prober struct {
	Notion *url.URL // Notion's base; required

	// Proxy is the proxy through which Notion is reached: it is looked at in
	// Notion's place then. nil means that there is none.
	Proxy *url.URL

	// Roots are what to trust as Notion; nil means the system's.
	Roots *x509.CertPool

	// Resolve and Dial are net's where they are nil.
	Resolve func(ctx context.Context, host string) ([]string, error)
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error)

	// Me asks users/me with the tokens used last, and Query for a row of the
	// test database. They return probes that say whose they are. nil: not
	// asked.
	Me    func(ctx context.Context) []Probe
	Query func(ctx context.Context) Probe

	// Status reads Notion's status page. nil: not asked.
	Status func(ctx context.Context) (description string, err error)
}

// Run looks at Notion in all ways at once, in less than ten seconds.
func (p Prober) Run(ctx context.Context) ProbeRun {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	run := ProbeRun{At: time.Now()}
	looks := []func(context.Context) []Probe{p.dns, p.tcp, p.tls, p.status, p.me, p.query}
	found := make([][]Probe, len(looks))
	var all sync.WaitGroup
	for i, look := range looks {
		all.Go(func() { found[i] = look(ctx) })
	}
	all.Wait()
	run.Probes, run.TookMS = slices.Concat(found...), millis(time.Since(run.At))
	return run
}

// target is the host and port that connections go to.
func (p Prober) target() (host, port string) {
	u := p.Notion
	if p.Proxy != nil {
		u = p.Proxy
	}
	host, port = u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"http": "80"}[u.Scheme]
	}
	if port == "" {
		port = "443"
	}
	return host, port
}

// timed fills in how long a probe took.
func timed(name string, try func(*Probe)) []Probe {
	start := time.Now()
	probe := Probe{Name: name}
	try(&probe)
	probe.TookMS = millis(time.Since(start))
	return []Probe{probe}
}

func (p Prober) dns(ctx context.Context) []Probe {
	host, _ := p.target()
	resolve := p.Resolve
	if resolve == nil {
		resolve = net.DefaultResolver.LookupHost
	}
	return timed(ProbeDNS, func(probe *Probe) {
		addresses, err := resolve(ctx, host)
		if err != nil {
			probe.Detail = sentence("%s is not found (%s)", host, errorWords(err))
			return
		}
		probe.OK = true
		probe.Detail = sentence("%s is %s", host, list(addresses, 4))
	})
}

func (p Prober) dial(ctx context.Context) (net.Conn, string, error) {
	host, port := p.target()
	dial := p.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(host, port))
	return conn, host + ", port " + port, err
}

func (p Prober) tcp(ctx context.Context) []Probe {
	return timed(ProbeTCP, func(probe *Probe) {
		conn, where, err := p.dial(ctx)
		if err != nil {
			probe.Detail = sentence("No connection to %s (%s)", where, errorWords(err))
			return
		}
		conn.Close()
		probe.OK, probe.Detail = true, sentence("Connected to %s", where)
	})
}

func (p Prober) tls(ctx context.Context) []Probe {
	if p.Notion.Scheme != "https" || p.Proxy != nil {
		return []Probe{{Name: ProbeTLS, OK: true, Skipped: true, Detail: "Not tried: Notion is reached in clear text, or through a proxy."}}
	}
	return timed(ProbeTLS, func(probe *Probe) {
		conn, where, err := p.dial(ctx)
		if err != nil {
			probe.Detail = sentence("No connection to %s (%s)", where, errorWords(err))
			return
		}
		defer conn.Close()
		t := tls.Client(conn, &tls.Config{ServerName: p.Notion.Hostname(), RootCAs: p.Roots, MinVersion: tls.VersionTLS12})
		if err := t.HandshakeContext(ctx); err != nil {
			probe.Detail = sentence("No trusted connection to %s (%s)", where, errorWords(err))
			return
		}
		leaf := t.ConnectionState().PeerCertificates[0]
		probe.OK = true
		probe.Detail = sentence("Trusted: certificate of %s by %s, good until %s", leaf.Subject.CommonName, leaf.Issuer.CommonName, leaf.NotAfter.UTC().Format(time.DateOnly))
	})
}

func (p Prober) status(ctx context.Context) []Probe {
	if p.Status == nil {
		return []Probe{{Name: ProbeStatus, OK: true, Skipped: true, Detail: "Not tried: no status page is set."}}
	}
	return timed(ProbeStatus, func(probe *Probe) {
		description, err := p.Status(ctx)
		if err != nil {
			probe.Detail = sentence("It could not be read (%s)", errorWords(err))
			return
		}
		probe.OK, probe.Status = true, http.StatusOK
		probe.Detail = sentence("It says: %s", description)
	})
}

func (p Prober) me(ctx context.Context) []Probe {
	if p.Me == nil {
		return nil
	}
	return p.Me(ctx)
}

func (p Prober) query(ctx context.Context) []Probe {
	if p.Query == nil {
		return []Probe{{Name: ProbeQuery, OK: true, Skipped: true, Detail: "Not tried: no test database or data source is set."}}
	}
	return []Probe{p.Query(ctx)}
}

// errorWords are an error's cause in a few words, without what a page should
// not show.
func errorWords(err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "given up"
	case errors.As(err, &dns):
		return dns.Err
	case errors.As(err, &certificate):
		return fmt.Sprintf("%.200s", certificate.Err)
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return fmt.Sprintf("%.200s", op.Err)
	}
	return fmt.Sprintf("%.200s", err)
}
