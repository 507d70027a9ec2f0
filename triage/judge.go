package triage

import (
	"cmp"
	"slices"
	"time"
)

// recently is how long something counts that happened: an application that
// asks once a minute still shows what is wrong, and what was mended is soon
// over.
const recently = 2 * time.Minute

// A question is one of the decision tree.
type question struct {
	class Class // what a yes means
	text  string
	ask   func(*Evidence) answer
}

// answer is what the evidence says to a question.
type answer struct {
	findings []Finding
	no       string // why not, in a sentence, when there are no findings
}

// tree is the decision tree, in the order in which it is walked.
var tree = []question{
	{NotionSide, "Does Notion fail, or say that it has an incident?", askNotion},
	{TokenExpired, "Does Notion refuse a token (401)?", askTokens},
	{RateLimited, "Is the rate budget spent (429)?", askBudget},
	{PagesUnshared, "Are objects gone that could be read before (404)?", askPages},
	{SchemaChanged, "Are calls refused because a property changed (400)?", askSchemas},
	{NetworkIssue, "Do calls fail to reach Notion?", askNetwork},
	{APIError, "Does Notion refuse calls for another reason?", askAPI},
	{IntegrationSide, "Does an application ask for what makes no sense?", askApplication},
}

// Judge is the decision tree: what the evidence comes to. It is pure, and
// does not change e.
func Judge(e Evidence) Verdict {
	v := Verdict{At: e.At, RuledOut: []RuledOut{}}
	taken := false
	for _, q := range tree {
		a := q.ask(&e)
		yes := len(a.findings) > 0
		b := Branch{Class: q.class, Question: q.text, Yes: yes, Answer: a.no}
		if yes {
			b.Class, b.Answer = a.findings[0].Class, a.findings[0].Headline+"."
			b.Taken = !taken && !a.findings[0].minor
			taken = taken || b.Taken
		} else {
			v.RuledOut = append(v.RuledOut, RuledOut{q.class, a.no})
		}
		v.Tree = append(v.Tree, b)
		v.Findings = append(v.Findings, a.findings...)
	}
	if i := slices.IndexFunc(v.Tree, func(b Branch) bool { return b.Yes }); i >= 0 && !taken {
		v.Tree[i].Taken = true
	}
	if len(v.Findings) == 0 {
		v.Findings = []Finding{unexplained(&e)}
	}
	slices.SortStableFunc(v.Findings, func(a, b Finding) int {
		return cmp.Or(compareBool(a.minor, b.minor), cmp.Compare(a.Class.rank(), b.Class.rank()))
	})
	for i := range v.Findings {
		f := &v.Findings[i]
		f.Advice = advise(&e, f)
		if f.Evidence == nil {
			f.Evidence = []string{}
		}
	}
	v.Class = v.Findings[0].Class
	return v
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// unexplained is the finding when every question was answered with no: that
// all is well, or that something is wrong which none of them explains.
func unexplained(e *Evidence) Finding {
	one, five := e.Windows[0], e.Windows[1]
	if one.Unserved >= someFailures && !hasRecovered(one) {
		return Finding{
			Class: Unknown, Confidence: Low, Since: five.FirstFailure,
			Headline: "Requests fail, and it cannot be told why",
			Impact:   "Some requests get an error in place of an answer.",
			Evidence: []string{sentence("%s of %s in the last minute got an error because of trouble, and none of the usual causes explains it",
				number(one.Unserved, "request"), number(one.Requests, "request"))},
		}
	}
	f := Finding{Class: OK, Confidence: High, Headline: "All is well", Impact: "None."}
	switch {
	case hasRecovered(one):
		f.Confidence = Medium
		f.Headline = "All is well again"
		f.Evidence = append(f.Evidence, sentence("%s in the last minute failed, the last one %s ago; since then %s were good",
			number(one.Failed, "call"), span(e.At.Sub(one.LastFailure)), number(one.GoodSince, "call")))
	case five.Asked > 0:
		f.Evidence = append(f.Evidence, sentence("Notion answered %d of %s in the last 5 minutes; half of them within %s, 95 %% within %s",
			five.Asked-five.Failed, number(five.Asked, "request"), ms(five.Latency.P50), ms(five.Latency.P95)))
	case five.Requests > 0:
		f.Confidence = Medium
		f.Evidence = append(f.Evidence, sentence("%s in the last 5 minutes, all answered from store; Notion was not asked", number(five.Requests, "request")))
	case len(recentProbes(e)) > 0:
		f.Confidence = Medium
	default:
		f.Confidence = Low
		f.Evidence = append(f.Evidence, "No requests in the last 5 minutes: this rests on nothing but silence.")
	}
	for _, p := range recentProbes(e) {
		if !p.Skipped {
			f.Evidence = append(f.Evidence, probeSentence(p))
		}
	}
	if e.Claims.Verdict == "incident" {
		f.Confidence = Medium
		f.Evidence = append(f.Evidence, "Notion's status page tells of an incident, but our own calls are answered.")
	}
	for _, l := range e.Loops {
		f.Evidence = append(f.Evidence, loopSentence(l))
	}
	return f
}
