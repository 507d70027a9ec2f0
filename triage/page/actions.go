package page

import "notionproxy/triage"

// actionItems are what a postmortem may begin with: how to keep it from
// happening, how to notice sooner, how to handle it better.
func actionItems(i triage.Incident) []ActionItem {
	does, ok := followUps[i.Worst]
	if !ok {
		does = followUps[triage.Unknown]
	}
	items := make([]ActionItem, len(does))
	for n, do := range does {
		items[n] = ActionItem{[]string{"P1", "P2", "P3"}[n], do}
	}
	return items
}

var followUps = map[triage.Class][3]string{
	triage.NotionDown: {
		"Check that what must be readable in an outage is read often enough to be kept (cache.keep), and that writes can be repeated",
		"Alert on the share of stale and failed answers",
		"Agree on what users are told while older data is shown",
	},
	triage.NotionSide: {
		"Check that what must be readable in an outage is read often enough to be kept (cache.keep)",
		"Alert on slow and failed calls by family of operations",
		"Agree on what users are told while older data is shown",
	},
	triage.NetworkIssue: {
		"Give the way to Notion (DNS, firewall, outgoing proxy) an owner and a second path",
		"Probe the way to Notion from where the proxy runs",
		"Announce changes to the network to those who run the integration",
	},
	triage.TokenExpired: {
		"Keep the token in one place, let notion.token_file follow it, and rotate it by a written procedure",
		"Alert on the first 401",
		"List who may change or remove connections in Notion",
	},
	triage.RateLimited: {
		"Fix the caller that spent the budget; put bulk work into the bulk lane",
		"Alert when a caller repeats one read, and when the budget is used up",
		"Review jobs that use Notion before they are scheduled",
	},
	triage.SchemaChanged: {
		"Name properties by id where the API allows it; list those that are needed in schema.expect",
		"Alert on schema changes",
		"Agree with the editors of the database how properties are changed",
	},
	triage.PagesUnshared: {
		"Share one parent page with the connection instead of single pages",
		"Alert on pages that were readable and are not any more",
		"Tell editors which pages an application needs",
	},
	triage.APIError: {
		"Find out which calls Notion refuses, and why",
		"Alert on new error codes",
		"Follow Notion's changelog",
	},
	triage.IntegrationSide: {
		"Fix the application's request; test it against a recorded answer",
		"Alert on 400s by caller",
		"Roll changes out step by step",
	},
	triage.Unknown: {
		"[preventive measure]",
		"[detection improvement]",
		"[process improvement]",
	},
}
