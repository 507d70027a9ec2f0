//go:build linux || darwin

package disk

import "syscall"

// freeBytes is how much room the disk has, as far as it tells.
func freeBytes(dir string) (free int64, known bool) {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil {
		return 0, false
	}
	return int64(fs.Bavail) * int64(fs.Bsize), true //nolint:unconvert // it is of another type on other systems
}
