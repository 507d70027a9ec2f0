package proxy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notionproxy/cache"
	"notionproxy/limiter"
	"notionproxy/notion"
	"notionproxy/notiontest"
	"notionproxy/proxy"
)

// A script is one test. Its words:
//
//	set NAME VALUE                a setting, before the first request
//	token NAME [bot=B] [workspace=W]
//	METHOD TARGET [as TOKEN]      a request through the proxy; headers and body below it, indented
//	behind METHOD TARGET [as T]   a request straight to Notion
//	@x METHOD TARGET              the same, in the background; "join x" gets its answer, "leave x" hangs up
//	let NAME = PATH               a field of the last answer; $NAME stands for it from then on
//	sleep 61s
//	incident on                   what Notion's status page says; off ends it
//	fault KEY=VALUE...            a fault of package notiontest; mend ends all
//	status, outcome, header, body, error, took, calls, wait: what must be so
type script struct {
	*world
	file    string
	at      line
	vars    map[string]string
	last    *reply
	others  map[string]*background
	counted map[string]int
}

type background struct {
	cancel context.CancelFunc
	done   chan *reply
}

func newScript(t *testing.T, file string) *script {
	return &script{
		world: newWorld(t, notiontest.Options{Seed: 1, RateLimit: -1}), file: file,
		vars: map[string]string{}, others: map[string]*background{}, counted: map[string]int{},
	}
}

func (s *script) run(lines []line) {
	for _, l := range lines {
		s.at = l
		s.step(s.expand(l.text), l.below)
		if s.t.Failed() {
			return
		}
	}
}

func (s *script) close() {
	for _, b := range s.others {
		b.cancel()
	}
	s.world.close()
}

func (s *script) fail(format string, args ...any) {
	s.t.Errorf("%s:%d: %s", s.file, s.at.number, fmt.Sprintf(format, args...))
}

func (s *script) expand(text string) string {
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(s.vars))) {
		text = strings.ReplaceAll(text, "$"+name, s.vars[name])
	}
	return text
}

var methods = []string{"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "TRACE"}

func (s *script) step(text string, below []string) {
	word, rest, _ := strings.Cut(text, " ")
	switch {
	case slices.Contains(methods, word):
		s.last = s.request(context.Background(), text, below)
	case strings.HasPrefix(word, "@"):
		s.background(word[1:], rest, below)
	default:
		do, ok := steps[word]
		if !ok {
			s.fail("there is no step %q", word)
			return
		}
		if word == "behind" {
			s.behindStep(rest, below)
			return
		}
		do(s, rest)
	}
}

// parse splits a request line and what stands below it.
func (s *script) parse(text string, below []string) (token, method, target, body string, header http.Header) {
	fields := strings.Fields(text)
	token, method, target, header = "alice", fields[0], fields[1], http.Header{}
	if len(fields) == 4 && fields[2] == "as" {
		token = fields[3]
	}
	if token == "nobody" {
		token = ""
	}
	for _, text := range below {
		text = s.expand(text)
		if strings.HasPrefix(text, "{") {
			body = text
			continue
		}
		name, value, _ := strings.Cut(text, ": ")
		name = http.CanonicalHeaderKey(name)
		header[name] = append(header[name], value)
	}
	return token, method, target, body, header
}

func (s *script) request(ctx context.Context, text string, below []string) *reply {
	token, method, target, body, header := s.parse(text, below)
	return s.do(ctx, token, method, target, body, header)
}

func (s *script) behindStep(text string, below []string) {
	token, method, target, body, header := s.parse(text, below)
	s.last = s.behind(token, method, target, body, header)
	if s.last.status >= 300 {
		s.fail("Notion answered %d: %s", s.last.status, s.last.body)
	}
	s.notion.ResetCalls()
	clear(s.counted)
}

func (s *script) background(name, text string, below []string) {
	s.start()
	ctx, cancel := context.WithCancel(context.Background())
	b := &background{cancel: cancel, done: make(chan *reply, 1)}
	s.others[name] = b
	go func() { b.done <- s.request(ctx, text, below) }()
	synctest.Wait()
}

var steps map[string]func(*script, string)

func init() {
	steps = map[string]func(*script, string){
		"behind": nil,
		"set":    (*script).set,
		"token":  (*script).token,
		"sleep":  func(s *script, d string) { time.Sleep(s.duration(d)); synctest.Wait() },
		"join":   func(s *script, name string) { s.last = <-s.others[name].done; synctest.Wait() },
		"leave":  func(s *script, name string) { s.others[name].cancel(); s.last = <-s.others[name].done },
		"let":    (*script).let,
		"fault":  (*script).fault,
		"mend":   func(s *script, _ string) { s.notion.ClearFaults(); s.pipe.OnDial(nil) },
		"revoke": func(s *script, name string) { s.notion.RevokeToken("ntn_" + name) },
		"share":  func(s *script, rest string) { a := strings.Fields(rest); s.notion.Share(s.bots[a[0]], a[1]) },
		"unshare": func(s *script, rest string) {
			a := strings.Fields(rest)
			s.notion.Unshare(s.bots[a[0]], a[1])
		},
		"image":       func(s *script, page string) { s.notion.CreateImage(page, "team.png") },
		"restrict":    (*script).restrict,
		"kill":        func(s *script, _ string) { s.notion.KillCursors() },
		"drain":       func(s *script, _ string) { s.start(); s.proxy.Drain() },
		"incident":    func(s *script, on string) { s.incident.Store(on == "on") },
		"event":       (*script).event,
		"maintenance": (*script).announce,
		"observe":     func(s *script, on string) { s.configure(func(o *proxy.Settings) { o.Observe = on == "on" }) },
		"stale":       func(s *script, mode string) { s.configure(func(o *proxy.Settings) { o.ServeStale = staleModes[mode] }) },
		"status":      (*script).wantStatus,
		"outcome":     func(s *script, want string) { s.equal("outcome", string(s.last.x.Outcome), want) },
		"detail":      func(s *script, want string) { s.equal("detail", s.last.x.Detail, want) },
		"lane":        func(s *script, want string) { s.equal("lane", s.last.x.Lane, want) },
		"error":       (*script).wantError,
		"took":        func(s *script, want string) { s.equal("time taken", s.last.took.String(), s.duration(want).String()) },
		"queued": func(s *script, want string) {
			s.equal("time queued", s.last.x.Queued.String(), s.duration(want).String())
		},
		"header": (*script).wantHeader,
		"body":   (*script).wantBody,
		"calls":  (*script).wantCalls,
	}
}

var staleModes = map[string]proxy.StaleMode{"auto": proxy.StaleAuto, "always": proxy.StaleAlways, "never": proxy.StaleNever}

func (s *script) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.fail("%v", err)
	}
	return d
}

func (s *script) equal(what, got, want string) {
	if got != want {
		s.fail("%s is %q, want %q", what, got, want)
	}
}

// set changes a setting of the proxy, of the limiter or of the fake Notion's.
func (s *script) set(rest string) {
	name, value, _ := strings.Cut(rest, " ")
	switch name {
	case "read_only":
		s.options.ReadOnly = true
	case "operations":
		s.options.Operations = strings.Fields(value)
	case "max_wait":
		s.options.MaxWait = s.duration(value)
	case "burst":
		s.limits.Quota.Burst, _ = strconv.Atoi(value)
	case "fresh_content":
		policies := cache.DefaultPolicies()
		policies[notion.Content] = cache.Policy{Fresh: s.duration(value), Keep: 24 * time.Hour}
		s.options.Cache.Policies = policies
	case "per_minute":
		s.limits.Quota.PerMinute, _ = strconv.Atoi(value)
	case "trust_events":
		s.options.TrustEvents = true
	case "ignore_directives":
		s.options.IgnoreDirectives = true
	case "lend":
		s.options.Lend = &proxy.Lend{Token: func() string { return "ntn_" + value }}
	case "secret":
		s.options.Lend.Secret = func() string { return value }
	case "hosts":
		s.options.Lend.Hosts = strings.Fields(value)
	case "lane":
		a := strings.Fields(value)
		lane, _ := limiter.ParseLane(a[1])
		s.options.Lanes = append(s.options.Lanes, proxy.LaneRule{Operation: a[0], Lane: lane})
	default:
		s.fail("there is no setting %q", name)
	}
}

func (s *script) token(rest string) {
	fields := strings.Fields(rest)
	bot, workspace := "", "home"
	for _, f := range fields[1:] {
		if v, ok := strings.CutPrefix(f, "bot="); ok {
			bot = v
		}
		if v, ok := strings.CutPrefix(f, "workspace="); ok {
			workspace = v
		}
	}
	s.addToken(fields[0], bot, workspace)
}

var capabilities = map[string]notiontest.Capability{
	"read": notiontest.ReadContent, "comments": notiontest.ReadComments, "users": notiontest.ReadUsers,
}

func (s *script) restrict(rest string) {
	a := strings.Fields(rest)
	s.notion.Restrict(s.bots[a[0]], capabilities[a[1]])
}

// let names a field of the last answer, such as "id" or "results.0.id".
func (s *script) let(rest string) {
	name, path, _ := strings.Cut(rest, " = ")
	if h, ok := strings.CutPrefix(path, "header "); ok {
		s.vars[name] = s.last.header.Get(h)
		return
	}
	var v any
	if err := json.Unmarshal([]byte(s.last.body), &v); err != nil {
		s.fail("the last answer is not JSON: %v: %.200s", err, s.last.body)
		return
	}
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i, _ := strconv.Atoi(key)
			v = x[i]
		}
	}
	s.vars[name] = fmt.Sprint(v)
}

// fault sets fields of notiontest.Fault by name: op=pages.* kind=status status=502 times=1.
func (s *script) fault(rest string) {
	var f notiontest.Fault
	v := reflect.ValueOf(&f).Elem()
	for _, pair := range strings.Fields(rest) {
		key, value, _ := strings.Cut(pair, "=")
		if key == "dial" {
			s.pipe.OnDial(dials[value])
			s.pipe.ResetAll()
			synctest.Wait()
			return
		}
		field := v.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, key) })
		if !field.IsValid() {
			s.fail("a fault has no %q", key)
			return
		}
		setField(field, value)
	}
	if f.Token != "" {
		f.Token = "ntn_" + f.Token
	}
	s.notion.Fault(f)
}

// dials are ways in which Notion can't be reached.
var dials = map[string]func(context.Context) error{
	"refused": notiontest.Refused, "black-hole": notiontest.BlackHole,
	"dns": func(context.Context) error { return &net.DNSError{Err: "no such host", Name: "api.notion.com"} },
}

func setField(field reflect.Value, value string) {
	switch field.Interface().(type) {
	case time.Duration:
		d, _ := time.ParseDuration(value)
		field.SetInt(int64(d))
	case int:
		n, _ := strconv.Atoi(value)
		field.SetInt(int64(n))
	case bool:
		field.SetBool(value == "true")
	default:
		field.SetString(value)
	}
}

func (s *script) wantStatus(want string) {
	if strconv.Itoa(s.last.status) != want {
		s.fail("status is %d, want %s: %.300s", s.last.status, want, s.last.body)
	}
}

func (s *script) wantError(want string) {
	var e struct{ Code, Message string }
	_ = json.Unmarshal([]byte(s.last.body), &e)
	if e.Code != want {
		s.fail("error is %q, want %q: %.300s", e.Code, want, s.last.body)
	}
}

func (s *script) wantHeader(rest string) {
	name, want, _ := strings.Cut(rest, " ")
	got := s.last.header.Get(name)
	switch part, ok := strings.CutPrefix(want, "contains "); {
	case ok && !strings.Contains(got, part):
		s.fail("%s is %q, want it to contain %q", name, got, part)
	case !ok && want == "-" && got != "":
		s.fail("%s is %q, want none", name, got)
	case !ok && want != "-" && got != want:
		s.fail("%s is %q, want %q", name, got, want)
	}
}

func (s *script) wantBody(rest string) {
	verb, want, _ := strings.Cut(rest, " ")
	has := strings.Contains(s.last.body, want)
	switch {
	case verb == "contains" && !has:
		s.fail("the body lacks %q: %.600s", want, s.last.body)
	case verb == "lacks" && has:
		s.fail("the body has %q", want)
	case verb == "empty" && s.last.body != "":
		s.fail("the body is %q, want none", s.last.body)
	}
}

// wantCalls counts Notion's calls since it was last asked about them.
func (s *script) wantCalls(rest string) {
	synctest.Wait()
	op, want, ok := strings.Cut(rest, " ")
	if !ok {
		s.fail("calls wants an operation and a number")
		return
	}
	total := s.notion.Calls(op)
	if got := total - s.counted[op]; strconv.Itoa(got) != want {
		s.fail("Notion got %d calls of %s, want %s", got, op, want)
	}
	s.counted[op] = total
}
