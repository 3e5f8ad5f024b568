//go:build !windows

package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// keepOwner gives a new file to the owner and the group of another one.
func keepOwner(file *os.File, of os.FileInfo) error {
	is, err := file.Stat()
	if err != nil {
		return err
	}
	want, wanted := of.Sys().(*syscall.Stat_t)
	have, had := is.Sys().(*syscall.Stat_t)
	if !wanted || !had {
		return fmt.Errorf("the system does not tell the owner of %s", file.Name())
	}
	if want.Uid == have.Uid && want.Gid == have.Gid {
		return nil
	}
	return file.Chown(int(want.Uid), int(want.Gid))
}

// writable is the command after which a read-only file can be replaced.
func writable(path string) string { return "chmod u+w " + hint.Word(path) }

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
