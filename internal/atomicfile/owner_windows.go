package atomicfile

import (
	"os"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

// keepOwner has nothing to do: on Windows, rights come from the folder, which stays.
func keepOwner(*os.File, os.FileInfo) error { return nil }

// writable is the command after which a read-only file can be replaced.
func writable(path string) string { return "attrib -r " + hint.Word(path) }

// syncDir has nothing to do: Windows cannot sync a directory.
func syncDir(string) error { return nil }
