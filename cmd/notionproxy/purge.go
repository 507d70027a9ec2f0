package main

import (
	"context"
	"errors"
	"fmt"

	"notionproxy/admin"
)

type purgeCommand struct {
	ID         string `placeholder:"ID" help:"Everything that shows, lists or names this object, or stands below it."`
	Operation  string `placeholder:"NAME" help:"All answers to this operation, such as data_sources.query."`
	Connection string `placeholder:"DIGEST" help:"All of this connection: its bot id, or a token's digest as logs show it."`
	All        bool   `help:"Everything."`
}

// Run has the running proxy forget what is named; of several, what fits all.
func (c purgeCommand) Run(ctx context.Context, p *program) error {
	named := c.ID != "" || c.Operation != "" || c.Connection != ""
	if named == c.All {
		return usageError{errors.New("purge wants --id, --operation or --connection, or --all alone")}
	}
	ask, err := p.admin()
	if err != nil {
		return err
	}
	defer ask.close()
	var gone admin.Purged
	if err := ask.post(ctx, "/purge", admin.Purge(c), &gone); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "entries purged: %d\n", gone.Purged)
	return nil
}
