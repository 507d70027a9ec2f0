package notiontest

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJSON_keepsOrderAndCompactForm(t *testing.T) {
	for _, s := range []string{
		`{"b":1,"a":[true,null,"x"],"c":{"z":{},"y":[]}}`,
		`{"n":[0,-1.5,100000,1e+21,1e-7,0.1]}`,
		`{"s":"quote \" slash \\ / line \n tab \t bell \u0007 <&> é 🚀"}`,
		`[]`, `"x"`, `null`, `3`,
	} {
		v, err := parseJSON([]byte(s))
		require.NoError(t, err)
		assert.Equal(t, s, string(appendJSON(nil, v)))
	}
}

func TestJSON_refusesWhatIsNotOneValue(t *testing.T) {
	for _, s := range []string{``, `{`, `{}x`, `{"a":1,}`, `[1 2]`, `{"a" 1}`, `{} {}`} {
		_, err := parseJSON([]byte(s))
		assert.Error(t, err, s)
	}
}

func FuzzJSON_meansWhatItMeant(f *testing.F) {
	f.Add(`{"a":[1,2.5e300,"\ud83d\ude80\u0000",null,{"a":1,"a":2}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		var want, got any
		if json.Unmarshal([]byte(s), &want) != nil {
			return
		}
		v, err := parseJSON([]byte(s))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(appendJSON(nil, v), &got))
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("%q became %q", s, appendJSON(nil, v))
		}
	})
}

func TestID_isReadAsStrictlyAsNotionDoes(t *testing.T) {
	for _, tc := range []struct {
		what, in, out string
		ok            bool
	}{
		{"dashed", "c33d6268-d9cd-4e84-9686-919e95fa3f38", "c33d6268-d9cd-4e84-9686-919e95fa3f38", true},
		{"undashed, upper case", "C33D6268D9CD4E849686919E95FA3F38", "c33d6268-d9cd-4e84-9686-919e95fa3f38", true},
		{"nil", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000", true},
		{"wrong variant (recorded)", "12345678-1234-1234-1234-123456789abc", "", false},
		{"wrong version", "c33d6268-d9cd-0e84-9686-919e95fa3f38", "", false},
		{"dashes elsewhere", "c33d6268d-9cd-4e84-9686-919e95fa3f38", "", false},
		{"not hex", "g33d6268-d9cd-4e84-9686-919e95fa3f38", "", false},
		{"empty", "", "", false},
	} {
		got, ok := parseID(tc.in)
		assert.Equal(t, tc.ok, ok, tc.what)
		assert.Equal(t, tc.out, got, tc.what)
	}
}
