package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"

	"github.com/go-chi/chi/v5"
)

// Scripts of others are embedded as their packages have them: htmx.org 2.0.11
// (0BSD) and uplot 1.6.32 (MIT). Their licences lie beside them and are served
// with them.
//
//go:embed assets
var assets embed.FS

// assetTypes are the kinds of files that there are, by their ends.
var assetTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".LICENSE": "text/plain; charset=utf-8",
}

// asset serves a file. Its address names its content (version, below), so that
// browsers may keep it.
func (p *Page) asset(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "name")
	content, err := assets.ReadFile("assets/" + name)
	kind, known := assetTypes[path.Ext(name)]
	if err != nil || !known {
		p.problem(w, r, http.StatusNotFound, "There is no such file.")
		return
	}
	w.Header().Set("Content-Type", kind)
	if r.URL.Query().Get("v") == version(content) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(content)
}

// assetURL is the address of a file.
func assetURL(name string) (string, error) {
	content, err := assets.ReadFile("assets/" + name)
	if err != nil {
		return "", err
	}
	return "/triage/assets/" + name + "?v=" + version(content), nil
}

func version(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}
