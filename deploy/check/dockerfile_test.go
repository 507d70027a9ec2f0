package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// docker build --check has nothing to say.
func TestDockerfile_passesDockersOwnCheck(t *testing.T) {
	assert.Empty(t, dockersCheck(t, read(t, "../../Dockerfile")))
	assert.NotEmpty(t, dockersCheck(t, "FROM scratch\nEXPOSE 80\nENV x 1\n"), "the check looks at what it is given")
}

func dockersCheck(t *testing.T, dockerfile string) (said []string) {
	t.Helper()
	source := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte(dockerfile))
	source.Definition = &llb.Definition{}
	r, err := dockerfile2llb.DockerfileLint(t.Context(), []byte(dockerfile), dockerfile2llb.ConvertOpt{MetaResolver: noImages{}, SourceMap: source})
	require.NoError(t, err)
	if r.Error != nil {
		said = append(said, r.Error.Message)
	}
	for _, w := range r.Warnings {
		said = append(said, w.RuleName+": "+w.Detail)
	}
	return said
}

// noImages knows no image, but says that each is there: nothing is fetched.
type noImages struct{}

func (noImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if ref == "" {
		return "", "", nil, errors.New("an image without a name")
	}
	config, err := json.Marshal(ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}})
	return ref, digest.FromBytes(config), config, err
}

// The image that .ci/image tries without Docker is the one that the Dockerfile
// builds: same build command, same user, same health check.
func TestDockerfile_isWhatIsTried(t *testing.T) {
	tried := read(t, "../../.ci/image")
	file, err := parser.Parse(bytes.NewBufferString(read(t, "../../Dockerfile")))
	require.NoError(t, err)
	var last string
	seen := map[string]bool{}
	for _, line := range file.AST.Children {
		text := line.Original
		switch strings.ToUpper(line.Value) {
		case "RUN":
			if build := regexp.MustCompile(`CGO_ENABLED=0 go build -trimpath`).FindString(text); build != "" {
				seen["build"] = true
				assert.Contains(t, tried, build)
				assert.Contains(t, tried, "-s -w -X main.version=")
			}
		case "USER":
			seen["user"] = true
			assert.Equal(t, "USER nonroot:nonroot", text) // 65532 in distroless images
			assert.Contains(t, tried, "--userspec=65532:65532")
		case "HEALTHCHECK":
			seen["health"] = true
			assert.Contains(t, text, `["/notionproxy", "health"]`)
			assert.Contains(t, tried, `"${alone[@]}" health`)
		}
		last = text
	}
	assert.Equal(t, map[string]bool{"build": true, "user": true, "health": true}, seen)
	assert.Equal(t, `ENTRYPOINT ["/notionproxy"]`, last)
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}
