package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"

	"notionproxy/cache/seal"
	"notionproxy/config"
	"notionproxy/triage/page"
	"notionproxy/webhook"
)

// maxFileBytes bounds the files that settings name: tokens, certificates.
const maxFileBytes = 1 << 20

// files are the open files that the settings name. Those that are not set are
// nil.
type files struct {
	token       *secretFile
	secret      *secretFile
	admin       *secretFile
	notify      notifyFiles
	messages    *page.Messages
	webhooks    *webhook.SecretFile
	redis       *secretFile // the password
	keys        seal.Ring   // what is hidden in Redis is hidden under
	certificate *certificate
	roots       *x509.CertPool // nil means the system's
	warnings    []string
}

// openFiles reads every file that cfg names. All that is wrong with them is
// reported at once, like everything else about settings.
func openFiles(cfg config.Config) (*files, error) {
	f := &files{}
	var problems config.Problems
	for _, open := range []func(config.Config) error{
		f.openToken, f.openSecret, f.openAdmin, f.openNotify, f.openMessages, f.openWebhooks, f.openRedis,
		f.openCertificate, f.openRoots,
	} {
		if err := open(cfg); err != nil {
			problems = append(problems, err.Error())
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return f, nil
}

func (f *files) openToken(cfg config.Config) (err error) {
	f.token, err = f.openSecretFile("notion.token_file", cfg.Notion.TokenFile, 0)
	return err
}

func (f *files) openSecret(cfg config.Config) (err error) {
	f.secret, err = f.openSecretFile("clients.secret_file", cfg.Clients.SecretFile, 0)
	return err
}

func (f *files) openAdmin(cfg config.Config) (err error) {
	f.admin, err = f.openSecretFile("admin.token_file", cfg.Admin.TokenFile, config.MinAdminToken)
	return err
}

// openWebhooks reads the file that keeps Notion's verification token, which
// need not be there yet.
func (f *files) openWebhooks(cfg config.Config) (err error) {
	path := cfg.Webhooks.SecretFile
	if path == "" {
		return nil
	}
	if isReadableByAll(path) {
		f.warnings = append(f.warnings, fmt.Sprintf("webhooks.secret_file: everybody on this machine can read %s; chmod 600 it", path))
	}
	if f.webhooks, err = webhook.OpenSecretFile(path); err != nil {
		return fmt.Errorf("webhooks.secret_file: %w", err)
	}
	return nil
}

// openRedis reads what it takes to join the other replicas.
func (f *files) openRedis(cfg config.Config) (err error) {
	if cfg.Redis.URL == "" {
		return nil
	}
	if f.redis, err = f.openSecretFile("redis.password_file", cfg.Redis.PasswordFile, 1); err != nil {
		return err
	}
	keys, warning, err := seal.ReadOrMake(cfg.Cache.SecretFile)
	if err != nil {
		return fmt.Errorf("cache.secret_file: %w", err)
	}
	if warning != "" {
		f.warnings = append(f.warnings, warning)
	}
	f.keys = keys
	return nil
}

func (f *files) openSecretFile(key, path string, least int) (*secretFile, error) {
	if path == "" {
		return nil, nil
	}
	if isReadableByAll(path) {
		f.warnings = append(f.warnings, fmt.Sprintf("%s: everybody on this machine can read %s; chmod 600 it", key, path))
	}
	return openSecretFile(key, path, least)
}

func isReadableByAll(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o004 != 0
}

func (f *files) openMessages(cfg config.Config) (err error) {
	f.messages, err = openMessages(cfg)
	return err
}

func (f *files) openCertificate(cfg config.Config) (err error) {
	if cfg.TLS.Cert == "" {
		return nil
	}
	f.certificate, err = openCertificate(cfg.TLS)
	return err
}

// openRoots trusts the certificates of notion.ca_file beside the system's.
func (f *files) openRoots(cfg config.Config) error {
	if cfg.Notion.CAFile == "" {
		return nil
	}
	pem, err := readFile(cfg.Notion.CAFile)
	if err != nil {
		return fmt.Errorf("notion.ca_file: %w", err)
	}
	if f.roots, err = x509.SystemCertPool(); err != nil {
		return fmt.Errorf("reading the system's certificates: %w", err)
	}
	if !f.roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("notion.ca_file: %s holds no certificate in PEM", cfg.Notion.CAFile)
	}
	return nil
}

// reloaders are the files that may change while the program runs.
func (f *files) reloaders() []reloader {
	var all []reloader
	if f.token != nil {
		all = append(all, f.token)
	}
	if f.secret != nil {
		all = append(all, f.secret)
	}
	if f.admin != nil {
		all = append(all, f.admin)
	}
	if f.redis != nil {
		all = append(all, f.redis)
	}
	if f.certificate != nil {
		all = append(all, f.certificate)
	}
	return append(all, f.notify.reloaders()...)
}

// readFile reads a whole file of a sane size.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(b) > maxFileBytes {
		err = errors.New(path + " is larger than 1 MiB")
	}
	return b, err
}
