package main

import "fmt"

type checkCommand struct{}

// Run reads the settings and every file that they name, just as serve does,
// and says what it found.
func (checkCommand) Run(p *program) error {
	cfg, err := p.load()
	if err != nil {
		return err
	}
	files, err := openFiles(cfg)
	if err != nil {
		return err
	}
	for _, warning := range append(cfg.Warnings(), files.warnings...) {
		fmt.Fprintln(p.stdout, "warning:", warning)
	}
	fmt.Fprintln(p.stdout, "settings are fine")
	return nil
}
