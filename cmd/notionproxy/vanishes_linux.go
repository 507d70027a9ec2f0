package main

import (
	"os"
	"path/filepath"
	"syscall"
)

// vanishes says whether a directory belongs to the file system of the container
// that this process runs in.
func vanishes(dir string) bool {
	if _, err := os.Stat("/.dockerenv"); err != nil && os.Getenv("KUBERNETES_SERVICE_HOST") == "" {
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
