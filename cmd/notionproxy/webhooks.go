package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"notionproxy/admin"
	"notionproxy/webhook"
)

type webhooksCommand struct {
	Arm  bool          `help:"Have the handshake taken that Notion sends when a subscription is made."`
	For  time.Duration `default:"10m" help:"How long to wait for it."`
	JSON bool          `help:"As JSON."`
}

// Run says how Notion's events fare, and has the handshake taken.
func (c webhooksCommand) Run(ctx context.Context, p *program) error {
	ask, err := p.admin()
	if err != nil {
		return err
	}
	defer ask.close()
	var e admin.Events
	if c.Arm {
		err = ask.post(ctx, "/webhooks", admin.Arming{Arm: c.For.String()}, &e)
	} else {
		err = ask.get(ctx, "/webhooks", &e)
	}
	if errors.Is(err, errNotThere) {
		return errors.New("the running proxy takes no events; set webhooks.listen and webhooks.secret_file, and start it again")
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(e)
	}
	showEvents(p.stdout, e)
	if c.Arm {
		fmt.Fprintf(p.stdout, armedHelp, webhook.Path, e.SecretFile)
	}
	return nil
}

const armedHelp = `
Now make the subscription in Notion: your connection, Webhooks, with the HTTPS
address that leads to this listener's %s.
Then copy the verification token to Notion from %s.
`

func showEvents(w io.Writer, e admin.Events) {
	secret := "none: notionproxy webhooks --arm has the handshake taken"
	if e.Secret {
		secret = "in " + e.SecretFile
	}
	last := "none yet"
	if e.Last >= 0 {
		last = (time.Duration(e.Last) * time.Second).String() + " ago"
	}
	fmt.Fprintf(w, "token        %s\n", secret)
	if e.Armed > 0 {
		fmt.Fprintf(w, "armed        for %v\n", time.Duration(e.Armed)*time.Second)
	}
	fmt.Fprintf(w, "last event   %s\n", last)
	fmt.Fprintf(w, "events       %d taken, %d of them again, %d folded, %d waiting, %d overlooked\n", e.Received, e.Repeated, e.Folded, e.Waiting, e.Overlooked)
	fmt.Fprintf(w, "refused      %d without a good signature, %d too long\n", e.Refused, e.TooLong)
	fmt.Fprintf(w, "dropped      %d entries\n", e.Dropped)
	fmt.Fprintf(w, "trust        %s%s\n", e.Trust, trustHelp[e.Trust])
}

// trustHelp says what each word means.
var trustHelp = map[string]string{
	"waiting": ": until the first event has come",
	"ended":   ": the event of a write of ours is missing; until one comes",
}
