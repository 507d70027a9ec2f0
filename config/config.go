// Package config holds the settings of notionproxy: what there is to set, the
// defaults, and the strict reading of them.
//
//	defaults  ->  file  ->  environment  ->  flags
//
// Later ones win, key by key. Nothing is guessed: an unknown key, a key that
// stands twice and a value that makes no sense are all reported together, in
// the words of the file, and the program does not start.
//
// config.example.yaml at the root of the repository is the manual: every key
// at its default, with a line on what it does.
package config

import "time"

// Config is everything that can be set. The names in the file are the yaml
// tags, joined by dots: notion.token_file. Durations are written as 60s or
// 24h, byte sizes as 64KiB or 256MiB.
//
// A Config is a plain value; it is not changed after it has been read. Fields
// tagged live take effect while the program runs, the others at its next start.
type Config struct {
	// Listen is the address for clients, as host:port.
	Listen string `yaml:"listen"`

	// Mode is full, or observe: the cache is off and the limiter only watches,
	// so that the proxy can be put in place before it is trusted.
	Mode string `yaml:"mode" live:"yes" one:"full observe"`

	// Access is read-write, or read-only: writes are refused with 403.
	Access string `yaml:"access" live:"yes" one:"read-write read-only"`

	// Operations are the only operations that are let through, as names or
	// globs such as pages.*; empty means all.
	Operations []string `yaml:"operations" live:"yes"`

	// DataDir is a directory for what should outlive the program; empty means
	// that nothing does.
	DataDir string `yaml:"data_dir"`

	Notion     Notion     `yaml:"notion"`
	StatusPage StatusPage `yaml:"status_page"`
	Triage     Triage     `yaml:"triage"`
	Schema     Schema     `yaml:"schema"`
	Clients    Clients    `yaml:"clients"`
	Cache      Cache      `yaml:"cache"`
	Limiter    Limiter    `yaml:"limiter"`
	Lanes      []LaneRule `yaml:"lanes" live:"yes"`
	Notify     Notify     `yaml:"notify"`
	Limits     Limits     `yaml:"limits"`
	Log        Log        `yaml:"log"`
	TLS        TLS        `yaml:"tls"`
	Admin      Admin      `yaml:"admin"`
	Webhooks   Webhooks   `yaml:"webhooks"`
	Shutdown   Shutdown   `yaml:"shutdown"`
	Redis      Redis      `yaml:"redis"`
}

// Notion says where Notion is and who asks.
type Notion struct {
	// URL is Notion's base, without /v1.
	URL string `yaml:"url"`

	// Token is lent to calls that bring none. It comes from the environment
	// (NOTION_TOKEN) only, never from the file or a flag, which others can
	// read.
	Token Secret `yaml:"token" env:"NOTION_TOKEN"`

	// TokenFile is a file that holds such a token. It is watched: a new token
	// is used without a restart.
	TokenFile string `yaml:"token_file"`

	// Plan of the workspace: default allows 180 calls a minute, business 600.
	Plan string `yaml:"plan" live:"yes" one:"default business"`

	// CAFile holds certificates (PEM) to trust beside the system's, for
	// networks whose proxy inspects TLS.
	CAFile string `yaml:"ca_file"`

	// UseProxyEnvironment obeys HTTPS_PROXY and NO_PROXY.
	UseProxyEnvironment bool `yaml:"use_proxy_environment"`

	// Timeout is how long one call may take until Notion has answered.
	Timeout time.Duration `yaml:"timeout" live:"yes"`
}

// StatusPage says where Notion tells how it is. What it says is shown, and
// allows answers of up to 15 minutes to go out at once; it never stops calls.
type StatusPage struct {
	// URL is a Statuspage-compatible summary.json; empty means that none is
	// read.
	URL string `yaml:"url"`

	// Interval is how often it is read, 30 s at least.
	Interval time.Duration `yaml:"interval"`

	// Components are words of the names of those parts of Notion that matter
	// here.
	Components []string `yaml:"components"`
}

// Triage says what probes of Notion query: one row of a database, or of a data
// source. Both empty means that nothing is queried.
type Triage struct {
	TestDatabase   string `yaml:"test_database"`    // an id, for versions before 2025-09-03
	TestDataSource string `yaml:"test_data_source"` // an id
}

// Schema says what applications need of data sources.
type Schema struct {
	// Expect has names of properties, by the id of the data source.
	Expect map[string][]string `yaml:"expect"`
}

// Clients says who may use the proxy's own token, and what else of a request
// travels to Notion.
type Clients struct {
	// Secret is what callers must send as bearer token where the proxy lends
	// its own. It comes from the environment only.
	Secret Secret `yaml:"secret" env:"NOTIONPROXY_CLIENTS_SECRET"`

	// SecretFile is a file that holds such a secret. It is watched.
	SecretFile string `yaml:"secret_file"`

	// Open lends the token to whoever reaches the proxy, off loopback too.
	Open bool `yaml:"open"`

	// Hosts are the names, besides those of loopback, under which requests may
	// come while the proxy lends its token. A web page that has its own name
	// point here comes under another.
	Hosts []string `yaml:"hosts" live:"yes"`

	// ForwardHeaders are request headers that are sent on to Notion besides
	// the usual ones, with calls that are never stored.
	ForwardHeaders []string `yaml:"forward_headers" live:"yes"`
}

// Cache says what is kept, how long, and when it is served.
type Cache struct {
	// Size bounds stored answers with their keys and indexes, in bytes.
	Size Bytes `yaml:"size" live:"yes"`

	// Dir is a directory in which stored answers outlive the process, sealed.
	// Empty means that they are in memory only.
	Dir string `yaml:"dir"`

	// DiskSize bounds the file in Dir, in bytes.
	DiskSize Bytes `yaml:"disk_size"`

	// SecretFile holds the secret that they are sealed with, beside each
	// caller's token; made if it is not there. Empty means a file in Dir.
	SecretFile string `yaml:"secret_file"`

	// MaxEntry is the largest decoded answer that is stored, in bytes.
	MaxEntry Bytes `yaml:"max_entry"`

	Fresh Fresh `yaml:"fresh"`
	Keep  Keep  `yaml:"keep"`

	// AuthTTL is how long a token gets stored answers after Notion last
	// accepted it.
	AuthTTL time.Duration `yaml:"auth_ttl" live:"yes"`

	// ClientDirectives says whether Cache-Control, Prefer and Priority of
	// requests count: honour or ignore.
	ClientDirectives string `yaml:"client_directives" live:"yes" one:"honour ignore"`

	// ServeStale says when answers past their time are served: auto is in
	// trouble, always is at once and refreshed behind, never is never.
	ServeStale string `yaml:"serve_stale" live:"yes" one:"auto always never"`

	// SlowAnswer is how long a read waits for Notion before a stale answer
	// goes out instead, if one is at hand that is no older than SlowStaleAge.
	SlowAnswer   time.Duration `yaml:"slow_answer" live:"yes"`
	SlowStaleAge time.Duration `yaml:"slow_stale_age" live:"yes"`
}

// Fresh says how long answers are served without asking Notion, by class.
type Fresh struct {
	Content time.Duration `yaml:"content" live:"yes"`
	Schema  time.Duration `yaml:"schema" live:"yes"`
	People  time.Duration `yaml:"people" live:"yes"`
	Me      time.Duration `yaml:"me" live:"yes"`
}

// Keep says how long answers are kept for trouble, by class.
type Keep struct {
	Content time.Duration `yaml:"content" live:"yes"`
	Schema  time.Duration `yaml:"schema" live:"yes"`
	People  time.Duration `yaml:"people" live:"yes"`
	Me      time.Duration `yaml:"me" live:"yes"`
	Search  time.Duration `yaml:"search" live:"yes"`
}

// Limiter says how fast calls leave for Notion.
type Limiter struct {
	// PerMinute is the calls a connection may make in any minute; 0 means what
	// notion.plan allows.
	PerMinute int `yaml:"per_minute" live:"yes"`

	// Headroom is the share of that which is never used.
	Headroom float64 `yaml:"headroom" live:"yes"`

	// Burst is how many calls may leave at once after a quiet time.
	Burst int `yaml:"burst" live:"yes"`

	// MaxWait is the longest that a call waits for its turn.
	MaxWait time.Duration `yaml:"max_wait" live:"yes"`

	// Headers says whether answers tell what is left of the budget, as
	// RateLimit and RateLimit-Policy.
	Headers bool `yaml:"headers" live:"yes"`

	// TotalPerSecond bounds all connections together; 0 means nothing does.
	TotalPerSecond float64 `yaml:"total_per_second" live:"yes"`

	// MaxQueue and MaxQueueBytes bound what waits, over all connections.
	MaxQueue      int   `yaml:"max_queue" live:"yes"`
	MaxQueueBytes Bytes `yaml:"max_queue_bytes" live:"yes"`

	// Connections have numbers of their own, by bot id or by the token's
	// digest as logs show it.
	Connections map[string]Connection `yaml:"connections" live:"yes"`
}

// Connection is what differs for one connection. What is left out is as for
// all others.
type Connection struct {
	Plan      string `yaml:"plan" one:"default business"`
	PerMinute int    `yaml:"per_minute"`
}

// LaneRule puts calls into a lane. What is empty matches everything; the rest
// are globs, in which * stands for any characters.
type LaneRule struct {
	Operation string `yaml:"operation"`  // such as data_sources.query or search*
	UserAgent string `yaml:"user_agent"` // such as nightly-sync/*
	Client    string `yaml:"client"`     // the caller's name for itself
	Lane      string `yaml:"lane" one:"interactive default bulk"`
}

// Limits bound what a client may send, and how slowly.
type Limits struct {
	Headers       Bytes         `yaml:"headers"`
	Target        Bytes         `yaml:"target" live:"yes"`
	Body          Bytes         `yaml:"body" live:"yes"`
	HeaderTimeout time.Duration `yaml:"header_timeout"`
	BodyStall     time.Duration `yaml:"body_stall" live:"yes"`
	IdleTimeout   time.Duration `yaml:"idle_timeout"`
}

// Log says what is written to standard error, and how.
type Log struct {
	// Format is json, console, or auto: console on a terminal.
	Format string `yaml:"format" one:"auto json console"`
	Level  string `yaml:"level" live:"yes" one:"debug info warn error"`
}

// TLS is the certificate for Listen. Both are watched and read anew.
type TLS struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Admin is the listener for those who run the program, and for Prometheus.
type Admin struct {
	// Listen is its address, as host:port; empty means that there is none.
	Listen string `yaml:"listen"`

	// Token is what requests must bring as bearer token. It is needed on any
	// address but loopback, and comes from the environment only.
	Token Secret `yaml:"token" env:"NOTIONPROXY_ADMIN_TOKEN"`

	// TokenFile is a file that holds such a token. It is watched.
	TokenFile string `yaml:"token_file"`

	// Hosts are the names under which requests may come, besides those of
	// loopback and the address that they come to.
	Hosts []string `yaml:"hosts"`
}

// Webhooks says where Notion's events are taken, so that edits made in its app
// show within seconds.
type Webhooks struct {
	// Listen is the address for Notion, as host:port, behind whatever speaks
	// HTTPS; empty means that none are taken.
	Listen string `yaml:"listen"`

	// SecretFile holds the verification token with which Notion signs. It is
	// made when the handshake is taken.
	SecretFile string `yaml:"secret_file"`

	// Trust has pages and queries fresh for ten minutes where events would
	// tell that they have changed.
	Trust bool `yaml:"trust"`
}

// Shutdown says how the program ends.
type Shutdown struct {
	// Delay is how long new requests are still taken after a SIGTERM, so that
	// clients with open connections can be told to close them.
	Delay time.Duration `yaml:"delay"`

	// Timeout is how long requests under way may take to finish after that.
	Timeout time.Duration `yaml:"timeout"`
}
