package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"go.uber.org/zap"

	"notionproxy/config"
	"notionproxy/triage/notify"
)

// notifyFiles are the files with the secrets of those who are told of
// incidents. Those that are not set are nil.
type notifyFiles struct{ slack, pagerDuty, webhook *secretFile }

func (f *files) openNotify(cfg config.Config) error {
	n := cfg.Notify
	var errs []error
	for _, each := range []struct {
		to        **secretFile
		key, path string
	}{
		{&f.notify.slack, "notify.slack.url_file", n.Slack.URLFile},
		{&f.notify.pagerDuty, "notify.pagerduty.key_file", n.PagerDuty.KeyFile},
		{&f.notify.webhook, "notify.webhook.secret_file", n.Webhook.SecretFile},
	} {
		var err error
		*each.to, err = f.openSecretFile(each.key, each.path, 0)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (f notifyFiles) reloaders() []reloader {
	var all []reloader
	for _, file := range []*secretFile{f.slack, f.pagerDuty, f.webhook} {
		if file != nil {
			all = append(all, file)
		}
	}
	return all
}

// newNotifier tells those that the settings name. done may be nil.
func newNotifier(cfg config.Config, f notifyFiles, done func(notify.Delivery)) *notify.Notifier {
	n := cfg.Notify
	host, _ := os.Hostname() // without one, messages come from "notionproxy"
	o := notify.Options{
		SlackURL:      secretOrNil(f.slack, n.Slack.URL),
		PagerDutyKey:  secretOrNil(f.pagerDuty, n.PagerDuty.Key),
		PagerDutyURL:  n.PagerDuty.URL,
		WebhookURL:    n.Webhook.URL,
		WebhookSecret: secretOrNil(f.webhook, n.Webhook.Secret),
		Source:        host,
		Done:          done,
	}
	if cfg.Notion.UseProxyEnvironment {
		o.Proxy = http.ProxyFromEnvironment
	}
	return notify.New(o)
}

// secretOrNil is nil where neither file nor environment has the secret.
func secretOrNil(file *secretFile, fixed config.Secret) func() string {
	if file == nil && fixed == "" {
		return nil
	}
	return secretFrom(file, fixed)
}

// logDelivery writes down what became of a message.
func logDelivery(log *zap.Logger) func(notify.Delivery) {
	return func(d notify.Delivery) {
		fields := []zap.Field{
			zap.String("target", d.Target), zap.String("incident", d.Incident), zap.String("kind", string(d.Kind)), zap.Int("attempts", d.Attempts),
		}
		if d.Err != nil {
			log.Error("an incident could not be told", append(fields, zap.Error(d.Err))...)
			return
		}
		log.Info("an incident was told", fields...)
	}
}

type notifyCommand struct {
	Test bool `help:"Send a test message to each of them now. At PagerDuty it opens an alert and resolves it."`
}

// Run says who is told, or tells them that this is a test.
func (c notifyCommand) Run(ctx context.Context, p *program) error {
	cfg, err := p.load()
	if err != nil {
		return err
	}
	open, err := openFiles(cfg)
	if err != nil {
		return err
	}
	if !cfg.Notify.Any() {
		return usageError{errors.New("nobody is told of incidents; set notify.slack, notify.pagerduty or notify.webhook")}
	}
	n := newNotifier(cfg, open.notify, nil)
	defer n.Close()
	if !c.Test {
		for _, s := range n.Status() {
			fmt.Fprintln(p.stdout, s.Target)
		}
		return nil
	}
	return tryAll(ctx, p, n)
}

// tryAll sends a test and then its end, so that nobody is left with an alert.
func tryAll(ctx context.Context, p *program, n *notify.Notifier) error {
	e := notify.Event{
		Kind: notify.Test, Incident: "test", Classification: "ok", Severity: "P4",
		Summary: "A test, by hand. Nothing has happened.", Action: "Nothing.", At: time.Now(), Started: time.Now(),
	}
	all := n.Try(ctx, e)
	e.Kind, e.Ended = notify.Closed, e.At
	all = append(all, n.TryOnly(ctx, "pagerduty", e)...)
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	var failed int
	for _, d := range all {
		result := "taken"
		if d.Err != nil {
			result, failed = d.Err.Error(), failed+1
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", d.Target, cmp.Or(string(d.Kind), "test"), result)
	}
	_ = table.Flush() // to a terminal
	if failed > 0 {
		return fmt.Errorf("telling of a test: %d of %d messages were not taken", failed, len(all))
	}
	return nil
}
