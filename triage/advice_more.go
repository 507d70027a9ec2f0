package triage

import "strings"

func adviseNetwork(e *Evidence, f *Finding) Advice {
	a := Advice{
		Steps: []Step{
			{Do: "Probe name, connection and certificate from this machine.", Commands: []Command{
				askAgainCommand,
				{For: "name", Text: "getent hosts api.notion.com"},
				{For: "connection", Text: "curl -sv -o /dev/null --max-time 10 https://api.notion.com/v1/users/me"},
				{For: "certificate", Text: "openssl s_client -connect api.notion.com:443 -servername api.notion.com </dev/null"},
			}},
		},
		Donts: []string{
			"Do not rotate tokens: nothing has reached Notion.",
			"Do not restart this proxy: without cache.dir, what is stored would be lost, and it is served meanwhile.",
		},
	}
	w := healthOf(e, &e.Windows).w
	if w.Kinds["dns"] > 0 || probeFailed(e, ProbeDNS) {
		a.Steps = append(a.Steps, Step{Do: "Check the resolver: /etc/resolv.conf, the cluster's DNS and its network policies (port 53, UDP and TCP).", Commands: []Command{
			{For: "Kubernetes", Text: "kubectl -n kube-system get pods -l k8s-app=kube-dns"},
		}})
	}
	if w.Kinds["connect"] > 0 || w.Kinds["timeout"] > 0 || probeFailed(e, ProbeTCP) {
		a.Steps = append(a.Steps, Step{Do: "Check that the firewall lets connections to api.notion.com, port 443, out; and, where all traffic must take a proxy, set notion.use_proxy_environment."})
	}
	if w.Kinds["tls"] > 0 || w.Foreign > 0 || probeFailed(e, ProbeTLS) {
		a.Steps = append(a.Steps, Step{Do: "Check whether a proxy on the way inspects TLS: its certificate belongs into notion.ca_file. Check the machine's clock too.", Commands: []Command{{Text: "date -u"}}})
	}
	a.Steps = append(a.Steps, Step{Do: "Stored answers are served meanwhile; tell users that data may be old."})
	return a
}

func probeFailed(e *Evidence, name string) bool {
	for _, p := range recentProbes(e) {
		if p.Name == name && !p.OK && !p.Skipped {
			return true
		}
	}
	return false
}

func adviseSchema(e *Evidence, f *Finding) Advice {
	var a Advice
	for _, r := range rejected(e) {
		if isSchematic(r) && r.Explained != "" && len(a.Steps) < 3 {
			a.Steps = append(a.Steps, Step{Do: "Change the application's " + operationName(r.Operation) + ": " + r.Explained})
		}
	}
	for _, s := range e.Schemas {
		if s.Expected && len(s.Missing) > 0 && s.DataSource != "" && len(a.Steps) < 6 {
			a.Steps = append(a.Steps, Step{
				Do:    sentence("Data source %s lacks %s. It has: %s", s.DataSource, list(s.Missing, 10), list(s.Current, 30)),
				Links: objectLinks(s.DataSource),
			})
		}
	}
	a.Steps = append(a.Steps,
		Step{Do: "Or change the schema back in Notion: a property that is renamed back works again at once; one that was deleted is in the data source's list of deleted properties."},
		Step{Do: "Have stored schemas forgotten, and the application read them anew.", Commands: []Command{{Text: "notionproxy purge --operation data_sources.retrieve"}}},
		Step{Do: "Use ids of properties in place of names in the application: they survive renaming."},
	)
	a.Donts = []string{"Do not retry the refused calls: they fail until application and schema agree.", "Do not create a property with the old name beside the renamed one: it would be empty."}
	return a
}

func advisePages(e *Evidence, f *Finding) Advice {
	a := Advice{Donts: []string{
		"Do not rotate the token: it is taken, only the objects are not shared with it.",
		"Do not delete what the application knows of these objects before it is clear that they are gone for good.",
	}}
	share := Step{Do: "Share them again: open each in Notion, then ••• and Connections, and add the integration. Sharing a page shares all below it, so begin with the topmost."}
	for _, r := range missing(e) {
		if r.Object != "" && !isMistaken(r) && len(share.Links) < 10 && (!r.Seen.IsZero() || r.Count >= repeatedly) {
			share.Links = append(share.Links, objectLinks(r.Object)...)
		}
	}
	a.Steps = []Step{
		share,
		{Do: "If the link does not open for you either, look for the page in the trash, and ask who last edited it."},
		{Do: "If it was moved under a page that is not shared, move it back or share its new parent."},
	}
	return a
}

// objectLinks are where an object is in Notion.
func objectLinks(id string) []Link {
	if id == "" {
		return nil
	}
	return []Link{{id, "https://www.notion.so/" + strings.ReplaceAll(id, "-", "")}}
}

func adviseAPI(e *Evidence, f *Finding) Advice {
	a := Advice{Steps: []Step{}}
	if e.Windows[1].Statuses["403"] > 0 {
		a.Steps = append(a.Steps, Step{Do: "Give the integration the capability that the refused operations need: content, comments or user information. Workspaces on a free plan also answer 403 when their blocks are used up.", Links: []Link{integrationsLink}})
	}
	if e.Windows[1].Statuses["409"] > 0 {
		a.Steps = append(a.Steps, Step{Do: "Have writes to one object follow each other; a 409 can be repeated after a second."})
	}
	a.Steps = append(a.Steps, Step{Do: "Look the refused calls up in the access log: code and upstream_id say which they were.", Commands: []Command{topCommand}})
	a.Donts = []string{"Do not rotate the token: Notion takes it."}
	return a
}

func adviseApplication(e *Evidence, f *Finding) Advice {
	return Advice{
		Steps: []Step{
			{Do: "Look at the last deployment of the application that sends them, and roll it back if it fits the time."},
			{Do: "Read its log beside this proxy's: X-Request-Id stands in both, and each refused request's body says what is wrong.", Commands: []Command{topCommand}},
			{Do: "Check that it sends a Notion-Version that fits its paths: data sources need 2025-09-03 or newer."},
		},
		Donts: []string{"Do not restart this proxy or rotate tokens: Notion is well and answers."},
	}
}

func adviseUnknown(*Evidence, *Finding) Advice {
	return Advice{
		Steps: []Step{
			{Do: "Probe Notion, and look again in a minute.", Commands: []Command{askAgainCommand}},
			{Do: "Look the failing requests up in the access log: outcome, detail and upstream say what became of each.", Commands: []Command{topCommand}},
		},
		Donts: []string{"Do not rotate tokens or restart anything before it is known what is wrong."},
	}
}
