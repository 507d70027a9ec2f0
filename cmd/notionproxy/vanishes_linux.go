package main

import (
	"os"
	"path/filepath"
	"syscall"
)

// vanishes says whether a directory belongs to the file system of the container
// that this process runs in.
func vanishes(dir string) bool {
	if !isContainer() {
		return false
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break // it, or what it will be made in
		}
	}
	var here, root syscall.Stat_t
	return syscall.Stat(dir, &here) == nil && syscall.Stat("/", &root) == nil && here.Dev == root.Dev
}

// isContainer says whether this process runs in a container, by the marks that
// Docker, Podman and Kubernetes leave.
func isContainer() bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}
