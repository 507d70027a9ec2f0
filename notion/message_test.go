package notion

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCutMessage(t *testing.T) {
	for _, tt := range []struct{ message, cut, property string }{
		{"Could not find property with name or id: Due date", "Could not find property with name or id: …", "Due date"},
		{"Could not find sort property with name or id: Secret plan", "Could not find sort property with name or id: …", "Secret plan"},
		{"Budget 2027 is not a property that exists.", "… is not a property that exists.", "Budget 2027"},
		{"Status is expected to be status.", "… is expected to be status.", "Status"},
		{"Due date is not a property that exists. Owner is not a property that exists.", "… is not a property that exists. … is not a property that exists.", "Due date"},
		{"body failed validation: body.properties.Salary.rich_text.length should be ≤ `100`, instead was `4711`.",
			"body failed validation: body.properties.….rich_text.length should be ≤ `100`, instead was `…`.", "Salary"},
		{"path failed validation: path.page_id should be a valid uuid, instead was `\"hunter2\"`.",
			"path failed validation: path.page_id should be a valid uuid, instead was `\"…\"`.", ""},
		{"The start_cursor provided is invalid: s:0a1b:ffff", "The start_cursor provided is invalid: …:…:…", ""},
		{"database property select does not match filter rich_text", "database property select does not match filter rich_text", ""},
		{"Error parsing JSON body.", "Error parsing JSON body.", ""},
		{"", "", ""},
	} {
		t.Run(tt.message, func(t *testing.T) {
			cut, property := CutMessage(tt.message)
			assert.Equal(t, tt.cut, cut)
			assert.Equal(t, tt.property, property)
		})
	}
}

// FuzzCutMessage has nothing that is not Notion's own word get through.
func FuzzCutMessage(f *testing.F) {
	f.Add("Could not find property with name or id: Straße ☃ 4711")
	f.Add("body failed validation: body.properties.x\xffy.select should be defined")
	f.Fuzz(func(t *testing.T, message string) {
		cut, property := CutMessage(message)
		assert.LessOrEqual(t, len(property), maxPropertyName)
		for cut != "" {
			var word string
			word, cut = nextWord(cut)
			assert.True(t, word == ellipsis || isKept(word), "%q of %q", word, message)
		}
		assert.True(t, property == "" || strings.Contains(message, property))
	})
}
