package triage

// advisers have the advice of each class.
var advisers = map[Class]func(*Evidence, *Finding) Advice{
	OK:              adviseOK,
	NotionDown:      adviseOutage,
	NotionSide:      adviseOutage,
	TokenExpired:    adviseToken,
	RateLimited:     adviseBudget,
	NetworkIssue:    adviseNetwork,
	SchemaChanged:   adviseSchema,
	PagesUnshared:   advisePages,
	APIError:        adviseAPI,
	IntegrationSide: adviseApplication,
	Unknown:         adviseUnknown,
}

// advise says what to do about a finding.
func advise(e *Evidence, f *Finding) Advice {
	a := advisers[f.Class](e, f)
	if a.Steps == nil {
		a.Steps = []Step{}
	}
	if a.Donts == nil {
		a.Donts = []string{}
	}
	return a
}

// Places to go to.
var (
	statusLink       = Link{"Notion's status page", "https://www.notion-status.com"}
	integrationsLink = Link{"Integrations of your workspace", "https://www.notion.so/profile/integrations"}
	supportLink      = Link{"Notion's support", "https://www.notion.so/help/contact-notion"}
)

// Commands that several classes share.
var (
	topCommand      = Command{Text: "notionproxy top"}
	staleCommand    = Command{For: "on", Text: "notionproxy mode --serve-stale always"}
	normalCommand   = Command{For: "off, when it is over", Text: "notionproxy mode --serve-stale auto"}
	askAgainCommand = Command{Text: "notionproxy triage"}
)

func adviseOK(*Evidence, *Finding) Advice { return Advice{} }

func adviseOutage(e *Evidence, f *Finding) Advice {
	fallback := Step{
		Do:       "Turn the fallback mode on: stored answers go out at once, and are refreshed behind.",
		Commands: []Command{staleCommand, normalCommand},
	}
	switch e.ServeStale {
	case "always":
		fallback = Step{Do: "The fallback mode is on already; turn it off when it is over.", Commands: []Command{normalCommand}}
	case "never":
		fallback.Do = "Stored answers are turned off (cache.serve_stale: never). Turn the fallback mode on."
	}
	a := Advice{
		Steps: []Step{
			fallback,
			{Do: "Tell users that data may be old and that changes may fail; the incident's page has the text."},
			{Do: "Watch Notion's status page; it is late by a quarter of an hour as a rule.", Links: []Link{statusLink}},
		},
		Donts: []string{
			"Do not restart the applications, nor this proxy: without cache.dir, what is stored would be lost.",
			"Do not rotate tokens: they are not the cause.",
			"Do not raise retries or concurrency: Notion is asked again by itself, as soon as it answers.",
		},
	}
	if e.Windows[1].LostWrites > 0 {
		a.Steps = append(a.Steps, Step{Do: sentence("Look after the %s of the last 5 minutes that were lost or may have been carried out: read the object before you repeat one", number(e.Windows[1].LostWrites, "write"))})
	}
	if e.Claims.Verdict != "incident" {
		a.Steps = append(a.Steps, Step{Do: "Notion does not tell of it yet: report it, with the request ids from the access log (upstream_id).", Links: []Link{supportLink}})
	}
	return a
}

func adviseToken(e *Evidence, f *Finding) Advice {
	a := Advice{
		Steps: []Step{
			{Do: "Make a new token in Notion: open the integration, Configuration, and refresh the internal integration secret.", Links: []Link{integrationsLink}},
			{
				Do: "Put it where the application reads it.",
				Commands: []Command{
					{For: "AWS", Text: `aws secretsmanager put-secret-value --secret-id SECRET_NAME --secret-string '{"token":"NEW_TOKEN"}'`},
					{For: "Google Cloud", Text: `printf %s NEW_TOKEN | gcloud secrets versions add SECRET_NAME --data-file=-`},
					{For: "Kubernetes", Text: `kubectl create secret generic SECRET_NAME --from-literal=token=NEW_TOKEN --dry-run=client -o yaml | kubectl apply -f -`},
				},
			},
		},
		Donts: []string{
			"Do not rotate the tokens of other connections: only this one is refused.",
			"Do not revoke the old token before the new one is in place, if it still works elsewhere.",
		},
	}
	a.Steps = append(a.Steps, restartStep(e)...)
	a.Steps = append(a.Steps, Step{Do: "Ask Notion whether it takes the new token.", Commands: []Command{askAgainCommand}})
	return a
}

// restartStep is what makes applications read the new token.
func restartStep(e *Evidence) []Step {
	if e.TokenFile {
		return []Step{{
			Do:       "Write it to the token file of this proxy (notion.token_file) too. The file is watched: no restart is needed.",
			Commands: []Command{{Text: "printf %s NEW_TOKEN > TOKEN_FILE.new && mv TOKEN_FILE.new TOKEN_FILE"}},
		}}
	}
	who := "Restart the applications, so that they read it."
	if e.TokenLent {
		who = "Restart this proxy with the new NOTION_TOKEN; a token file (notion.token_file) would need no restart."
	}
	return []Step{{Do: who, Commands: []Command{
		{For: "Kubernetes", Text: "kubectl rollout restart deployment/APPLICATION"},
		{For: "Cloud Run", Text: "gcloud run services update APPLICATION --update-secrets=NOTION_TOKEN=SECRET_NAME:latest"},
		{For: "systemd", Text: "systemctl restart APPLICATION"},
	}}}
}

func adviseBudget(e *Evidence, f *Finding) Advice {
	var a Advice
	switch {
	case len(e.Loops) > 0:
		l := e.Loops[0]
		a.Steps = append(a.Steps, Step{
			Do: sentence("Stop the loop: %s asks the same %s %d times a minute. Look there for a retry without a pause, a poll that is too quick, or a webhook that triggers itself",
				quoteName(l.Caller, "one caller"), operationName(l.Operation), l.Times),
			Commands: []Command{topCommand},
		})
	case isSpentElsewhere(e):
		a.Steps = append(a.Steps, Step{
			Do:    "Find what else spends this budget: another program with the same token that goes past this proxy, or a second proxy that shares no Redis with this one. Lead it through here.",
			Links: []Link{integrationsLink},
		})
	case len(e.Spenders) > 0 && e.Spenders[0].Share >= 0.5:
		s := e.Spenders[0]
		a.Steps = append(a.Steps, Step{
			Do:       sentence("Slow down %s, which makes %.0f %% of all calls: one call at a time, and growing pauses after each 429", quoteName(s.Caller, "one caller"), 100*s.Share),
			Commands: []Command{topCommand},
		})
	default:
		a.Steps = append(a.Steps, Step{Do: "Find who spends the budget: look for loops and storms of webhooks.", Commands: []Command{topCommand}})
	}
	a.Steps = append(a.Steps,
		Step{Do: "Put jobs that nobody waits for into the bulk lane (header Priority: u=6, or lanes in the settings): interactive calls then go first."},
		Step{Do: "Let reads be served from store meanwhile.", Commands: []Command{staleCommand, normalCommand}},
	)
	one := e.Windows[0]
	if one.Reasons["public_api_space_request_rate_limit"] > 0 {
		a.Steps = append(a.Steps, Step{Do: "The workspace's own budget is spent: find other integrations of it that do not go through this proxy.", Links: []Link{integrationsLink}})
	}
	if e.Windows[1].Reasons["public_api_request_blocked"] > 0 {
		a.Steps = append(a.Steps, Step{Do: "Notion has restricted access: write to its support, since waiting does not end it.", Links: []Link{supportLink}})
	}
	if e.Windows[0].Reasons["public_api_request_rate_limit"] >= someFailures && !isSpentElsewhere(e) {
		a.Steps = append(a.Steps, Step{Do: "Notion itself says 429 although calls are paced here: look for applications with the same token that go past this proxy, and check notion.plan."})
	}
	a.Donts = []string{
		"Do not make new tokens of the same integration: they share its budget.",
		"Do not retry at once: what is refused says when to come back (Retry-After), and keeps its place until then.",
	}
	return a
}
