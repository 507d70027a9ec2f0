package page

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"text/template"
	"time"

	"notionproxy/triage"
)

//go:embed messages
var builtIn embed.FS

// messageFiles are the files of the messages by name.
var messageFiles = map[string]string{"slack": "slack.txt", "status": "status.txt", "postmortem": "postmortem.md"}

// Messages are the texts that are sent around in an incident: slack for the
// team, status for a public status page, postmortem for afterwards. They are
// Go templates over a Message. What only a person can add stands in brackets.
type Messages struct{ templates map[string]*template.Template }

// DefaultMessages are the built-in ones.
func DefaultMessages() *Messages {
	folder, err := fs.Sub(builtIn, "messages")
	if err != nil {
		panic(err) // the name is not a path
	}
	m := &Messages{map[string]*template.Template{}}
	if err := m.read(folder); err != nil {
		panic(err) // they are part of the program, and tested
	}
	return m
}

// ReadMessages takes those of slack.txt, status.txt and postmortem.md that are
// in a folder, and the built-in ones for the rest. A template that could not
// be filled in is an error now, not at night.
func ReadMessages(folder fs.FS) (*Messages, error) {
	m := &Messages{maps.Clone(DefaultMessages().templates)}
	return m, m.read(folder)
}

func (m *Messages) read(folder fs.FS) error {
	for name, file := range messageFiles {
		text, err := fs.ReadFile(folder, file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fmt.Errorf("reading the template %s: %w", file, err)
		}
		t, err := template.New(file).Option("missingkey=error").Parse(string(text))
		if err != nil {
			return fmt.Errorf("reading the template %s: %w", file, err)
		}
		m.templates[name] = t
		if _, err := m.Fill(name, triage.Incident{}, "", time.Unix(0, 0)); err != nil {
			return err
		}
	}
	return nil
}

func (m *Messages) has(name string) bool { return m.templates[name] != nil }

// Fill fills in the message of that name for an incident, whose page is at
// url.
func (m *Messages) Fill(name string, i triage.Incident, url string, now time.Time) (string, error) {
	t := m.templates[name]
	if t == nil {
		return "", fmt.Errorf("there is no message %.40q", name)
	}
	var text strings.Builder
	if err := t.Execute(&text, messageOf(i, url, now)); err != nil {
		return "", fmt.Errorf("filling in the template: %w", err)
	}
	return text.String(), nil
}
