package notiontest

import (
	"cmp"
	"slices"
	"time"
)

// A workspace has people, connections and content.
type workspace struct {
	id, name   string
	users      []string // people and bots, in order
	top        []string // pages and databases at the top
	limits     object
	emojis     []object
	blockLimit int // 0: none
	blocks     int
}

// A Capability is something that a connection may do.
type Capability uint16

// What a connection may do. A connection has all of them but those named in
// ConnectionOptions.Without.
const (
	ReadContent Capability = 1 << iota
	UpdateContent
	InsertContent
	ReadComments
	InsertComments
	ReadUsers  // users without their e-mail addresses
	ReadEmails // e-mail addresses
)

// A connection is an integration in one workspace. Its id is the id of its bot.
type connection struct {
	id, name   string
	ws         *workspace
	without    Capability
	owner      string          // user id; empty: owned by the workspace
	sharedOnly bool            // sees only what is shared
	shared     map[string]bool // node id -> shared or un-shared there; the nearest one counts
	blocked    bool
}

func (c *connection) may(need Capability) bool { return c.without&need == 0 }

// A token is one secret of a connection.
type token struct {
	secret  string
	conn    *connection
	issued  time.Time
	revoked bool
}

// A user is a person or a bot.
type user struct {
	id, name, email string
	bot             *connection // nil: a person
}

// AddWorkspace makes a workspace and returns its id.
func (n *Notion) AddWorkspace(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	ws := &workspace{id: n.made.uuid(), name: name, limits: object{{"max_file_upload_size_in_bytes", 5242880}}}
	n.workspaces[ws.id] = ws
	return ws.id
}

// LimitBlocks sets how many blocks may be created in a workspace through the
// API, as on Free workspaces with several members; more are answered 403 with
// additional_data.block_limit. 0 means no limit.
func (n *Notion) LimitBlocks(workspaceID string, limit int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.workspaces[workspaceID].blockLimit = limit
}

// AddEmoji adds a custom emoji to a workspace and returns its id.
func (n *Notion) AddEmoji(workspaceID, name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	ws, id := n.workspaces[workspaceID], n.made.uuid()
	ws.emojis = append(ws.emojis, object{{"id", id}, {"name", name},
		{"url", "https://s3-us-west-2.amazonaws.com/public.notion-static.com/" + id + "/" + name + ".png"}})
	return id
}

// AddUser adds a person to a workspace and returns the user id.
func (n *Notion) AddUser(workspaceID, name, email string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	ws, u := n.workspaces[workspaceID], &user{id: n.made.uuid(), name: name, email: email}
	n.users[u.id] = u
	ws.users = append(ws.users, u.id)
	return u.id
}

// ConnectionOptions describe a connection.
type ConnectionOptions struct {
	Workspace  string     // required: the workspace's id
	Name       string     // empty means "Test connection"
	Without    Capability // what it may not do; 0 means it may do everything
	Owner      string     // user id: a public (OAuth) connection of that user; empty means internal
	SharedOnly bool       // sees only what is shared with it; else the whole workspace
}

// AddConnection adds a connection and returns its bot id.
func (n *Notion) AddConnection(o ConnectionOptions) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := &connection{id: n.made.uuid(), name: cmp.Or(o.Name, "Test connection"), ws: n.workspaces[o.Workspace],
		without: o.Without, owner: o.Owner, sharedOnly: o.SharedOnly, shared: map[string]bool{}}
	n.connections[c.id] = c
	n.users[c.id] = &user{id: c.id, name: c.name, bot: c}
	c.ws.users = append(c.ws.users, c.id)
	return c.id
}

// Restrict changes what a connection may not do.
func (n *Notion) Restrict(bot string, without Capability) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.connections[bot].without = without
}

// Block answers every call of a connection with 429 public_api_request_blocked,
// or no longer.
func (n *Notion) Block(bot string, blocked bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.connections[bot].blocked = blocked
}

// AddToken makes secret a token of a connection; a connection may have several.
func (n *Notion) AddToken(secret, bot string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tokens[secret] = &token{secret: secret, conn: n.connections[bot], issued: time.Now()}
}

// RevokeToken makes a token invalid: its next call is answered 401.
func (n *Notion) RevokeToken(secret string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t, ok := n.tokens[secret]; ok {
		t.revoked = true
	}
}

// Share shows an object, and all below it, to a connection.
func (n *Notion) Share(bot, id string) { n.share(bot, id, true) }

// Unshare hides an object, and all below it, from a connection: it is answered
// 404 from now on. No webhook tells.
func (n *Notion) Unshare(bot, id string) { n.share(bot, id, false) }

func (n *Notion) share(bot, id string, shared bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.connections[bot].shared[mustID(id)] = shared
}

// sees tells whether a connection has access to an object: what is said
// nearest to it, on the way up to the workspace, counts.
func (n *Notion) sees(c *connection, x *node) bool {
	if x.ws != c.ws {
		return false
	}
	for at := x; at != nil; at = n.nodes[at.parent.id] {
		if shared, ok := c.shared[at.id]; ok {
			return shared
		}
	}
	return !c.sharedOnly
}

func (ws *workspace) has(userID string) bool { return slices.Contains(ws.users, userID) }
