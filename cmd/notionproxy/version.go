package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker in releases.
var version = ""

type versionCommand struct{}

// Run prints the version on one line.
func (versionCommand) Run(p *program) error {
	fmt.Fprintln(p.stdout, "notionproxy", buildVersion(), "("+buildDetail()+")")
	return nil
}

// buildVersion is the release that this program is: what the linker said, else
// what Go knows of the module.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case version != "":
		return version
	case ok && info.Main.Version != "":
		return info.Main.Version
	}
	return "(devel)"
}

// buildDetail says of which commit and with which Go the program was built.
func buildDetail() string {
	detail := fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if commit := revision(); commit != "" {
		detail = "commit " + commit + ", " + detail
	}
	return detail
}

// revision is the commit that the program was built of, "" where Go does not
// know.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
