package notiontest

// AddClient registers a public connection's OAuth client.
func (n *Notion) AddClient(clientID, clientSecret string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clients[clientID] = clientSecret
}

// AddCode makes an authorization code that can be exchanged once for a token of
// the connection.
func (n *Notion) AddCode(code, bot string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.codes[code] = bot
}

func oauthProblem(status int, code, message string) error {
	return &problem{status: status, code: code, message: message, oauth: true}
}

// identifyClient checks the Basic authorization of an OAuth call.
func (c *call) identifyClient() error {
	id, key, ok := c.r.BasicAuth()
	if want, known := c.n.clients[id]; !ok || !known || want != key {
		return oauthProblem(401, "invalid_client", "The client is unknown, or its secret is wrong.")
	}
	return nil
}

func (c *call) oauthToken() (object, error) {
	key := ""
	switch grant := c.body.text("grant_type"); grant {
	case "authorization_code":
		key = c.body.text("code")
	case "refresh_token":
		key = c.body.text("refresh_token")
	default:
		return nil, oauthProblem(400, "unsupported_grant_type", "The grant type is not supported.")
	}
	bot := c.n.connections[c.n.codes[key]]
	if bot == nil {
		return nil, oauthProblem(400, "invalid_grant", "The code or refresh token is invalid, was used, or has expired.")
	}
	delete(c.n.codes, key)
	access, refresh := "ntn_"+c.n.made.word(46), "nrt_"+c.n.made.word(46)
	c.n.tokens[access] = &token{secret: access, conn: bot, issued: c.now}
	c.n.codes[refresh] = bot.id
	return object{{"access_token", access}, {"token_type", "bearer"}, {"refresh_token", refresh}, {"bot_id", bot.id},
		{"workspace_icon", nil}, {"workspace_name", bot.ws.name}, {"workspace_id", bot.ws.id}, {"owner", c.n.owner(bot)},
		{"duplicated_template_id", nil}}, nil
}

func (c *call) oauthRevoke() (object, error) {
	t := c.n.tokens[c.body.text("token")]
	if t == nil {
		return nil, oauthProblem(400, "invalid_request", "The token is unknown.")
	}
	t.revoked = true
	return object{}, nil
}

func (c *call) oauthIntrospect() (object, error) {
	t := c.n.tokens[c.body.text("token")]
	if t == nil || t.revoked {
		return object{{"active", false}}, nil
	}
	return object{{"active", true}, {"scope", "read_content"}, {"iat", int(t.issued.Unix())}}, nil
}
