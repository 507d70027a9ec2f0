package notion

import "strings"

// TrimBase returns the path that a client meant whose base URL ends in a slash
// or in /v1 where the client adds them itself: leading slashes become one, and
// a repeated /v1, with slashes between or not, becomes one. The rest stays as
// it is. The result is the end of escapedPath, so nothing is allocated.
//
//	//v1/search      /v1/search
//	/v1/v1/search    /v1/search
//	/v1//v1/search   /v1/search
//	/v1//search      /v1//search
func TrimBase(escapedPath string) string {
	path := oneSlash(escapedPath)
	for {
		below, ok := strings.CutPrefix(path, "/v1")
		if !ok {
			return path
		}
		again := oneSlash(below)
		if again != "/v1" && !strings.HasPrefix(again, "/v1/") {
			return path
		}
		path = again
	}
}

// oneSlash drops all but the last of the slashes that path begins with.
func oneSlash(path string) string {
	for strings.HasPrefix(path, "//") {
		path = path[1:]
	}
	return path
}
