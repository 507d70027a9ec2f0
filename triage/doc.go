// Package triage says what is wrong, whose fault it is and what to do, from
// what the proxy has seen.
//
//	Exchange ── Add ──▶ windows ─┐
//	status page, ledger ─────────┼─▶ Evidence ─ Judge ─▶ Verdict ─▶ Incident
//	schemas ── Schema ─▶ drift ──┤                          │
//	probes, when asked for ──────┘                          ▼
//	                                                      Report
//
// What a page, a message or a command shows is a Report, or an Incident:
// plain data with JSON names that stay. Judge is pure: the same Evidence
// always comes to the same Verdict. A Triage holds it all together, ticks, and
// never has anybody wait for a network: Report and Incidents answer from
// memory.
//
// Own measurements and Notion's claims are kept apart everywhere: Windows,
// Connections and Probes are ours, Claims are Notion's.
//
// A Report names connections by digest, callers, ids of objects and names of
// properties. Where others than the operators can see it, show Report.Public,
// which names none of these.
package triage
