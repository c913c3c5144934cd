//go:build unix

package choice

import (
	"os"
	"syscall"
)

// isOurs reports whether a file or folder is of the user who runs this, and nobody else
// may write it: a copy says where secrets are sent.
func isOurs(name string) bool {
	is, err := os.Lstat(name)
	if err != nil {
		return false
	}
	of, ok := is.Sys().(*syscall.Stat_t)
	return ok && int(of.Uid) == os.Geteuid() && is.Mode()&os.ModeSymlink == 0 && is.Mode().Perm()&0o022 == 0
}
