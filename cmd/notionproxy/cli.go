package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"notionproxy/config"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailed  = 1 // something went wrong while running
	exitMisused = 2 // wrong arguments or settings; the program did not start
)

// commandLine is what can be given as arguments.
type commandLine struct {
	settingFlags

	Serve    serveCommand    `cmd:"" default:"1" help:"Serve (when no command is given)."`
	Check    checkCommand    `cmd:"" help:"Check the settings and exit."`
	Health   healthCommand   `cmd:"" help:"Ask a running proxy whether it is alive, for health checks."`
	Top      topCommand      `cmd:"" help:"Show who asks a running proxy, what is left of the budget and what is stored."`
	Purge    purgeCommand    `cmd:"" help:"Have a running proxy forget what it has stored."`
	Do       modeCommand     `cmd:"" name:"mode" help:"Show or change how a running proxy works: --serve-stale, --mode, --log-level."`
	Triage   triageCommand   `cmd:"" help:"Say what is wrong, whose fault it is and what to do."`
	Notify   notifyCommand   `cmd:"" help:"Say who is told of incidents, and send a test message."`
	Webhooks webhooksCommand `cmd:"" help:"Show how Notion's events fare; --arm has the handshake taken."`
	Demo     demoCommand     `cmd:"" help:"Serve a small Notion of our own, to try the proxy without a token."`
	Version  versionCommand  `cmd:"" help:"Say which version this is."`
}

// settingFlags are the flags that set something. Every key of the settings can
// be set; those that people change by hand have a flag of their own.
type settingFlags struct {
	Config string   `short:"c" placeholder:"FILE" help:"Settings file. Also: NOTIONPROXY_CONFIG."`
	Set    []string `short:"s" sep:"none" placeholder:"KEY=VALUE" help:"Set any key, such as notion.plan=business. Can be repeated."`

	Listen    string `placeholder:"ADDR" help:"Address for clients, as host:port."`
	Admin     string `name:"admin-listen" placeholder:"ADDR" help:"Address for those who run it, as host:port."`
	Mode      string `placeholder:"MODE" help:"full, or observe: nothing is stored or slowed down."`
	Access    string `placeholder:"ACCESS" help:"read-write or read-only."`
	LogLevel  string `placeholder:"LEVEL" help:"debug, info, warn or error."`
	LogFormat string `placeholder:"FORMAT" help:"auto, json or console."`
}

// settings lists what the flags set.
func (f settingFlags) settings() ([]config.Setting, error) {
	var all []config.Setting
	for _, s := range f.Set {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, usageError{fmt.Errorf("--set is %.200q; want KEY=VALUE", s)}
		}
		all = append(all, config.Setting{Key: key, Value: value, From: "--set"})
	}
	for _, s := range []config.Setting{
		{Key: "listen", Value: f.Listen, From: "--listen"},
		{Key: "admin.listen", Value: f.Admin, From: "--admin-listen"},
		{Key: "mode", Value: f.Mode, From: "--mode"},
		{Key: "access", Value: f.Access, From: "--access"},
		{Key: "log.level", Value: f.LogLevel, From: "--log-level"},
		{Key: "log.format", Value: f.LogFormat, From: "--log-format"},
	} {
		if s.Value != "" {
			all = append(all, s)
		}
	}
	return all, nil
}

// program is the outside world as commands see it.
type program struct {
	flags  settingFlags
	env    []string
	stdout io.Writer
	stderr io.Writer

	// unlogged is the caller whose requests get no line in the log; "" for
	// nobody.
	unlogged string
}

// sources says where the settings of this run come from.
func (p *program) sources() (config.Sources, error) {
	flags, err := p.flags.settings()
	return config.Sources{File: p.flags.Config, Env: p.env, Flags: flags}, err
}

func (p *program) load() (config.Config, error) {
	from, err := p.sources()
	if err != nil {
		return config.Config{}, err
	}
	return config.Load(from)
}

// usageError is an error of whoever called the program.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run runs one command until it ends or ctx does, and returns the exit code.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	cli, p := &commandLine{}, &program{env: env, stdout: stdout, stderr: stderr}
	chosen, err := parse(cli, args, stdout, stderr)
	if err == nil && chosen != nil {
		p.flags = cli.settingFlags
		chosen.BindTo(ctx, (*context.Context)(nil))
		err = chosen.Run(p)
	}
	if err != nil && !errors.As(err, &verdictError{}) {
		fmt.Fprintln(stderr, "notionproxy:", err)
	}
	return exitCode(err)
}

// parse returns the chosen command; nil after help was shown.
func parse(cli *commandLine, args []string, stdout, stderr io.Writer) (*kong.Context, error) {
	helped := false
	parser, err := kong.New(cli,
		kong.Name("notionproxy"),
		kong.Description("Stands between applications and the Notion API: paces calls, answers from its cache, keeps answering when Notion fails."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		return nil, fmt.Errorf("building the command line: %w", err)
	}
	chosen, err := parser.Parse(args)
	switch {
	case helped:
		return nil, nil
	case err != nil:
		return nil, usageError{fmt.Errorf("%w (see notionproxy --help)", err)}
	}
	return chosen, nil
}

func exitCode(err error) int {
	var usage usageError
	var problems config.Problems
	var verdict verdictError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.As(err, &problems):
		return exitMisused
	case errors.As(err, &verdict):
		return verdictCode(verdict.class)
	}
	return exitFailed
}
