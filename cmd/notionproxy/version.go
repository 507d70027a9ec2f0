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
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return detail
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			detail = "commit " + s.Value + ", " + detail
		}
	}
	return detail
}
