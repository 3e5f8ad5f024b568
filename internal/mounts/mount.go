package mounts

import (
	"fmt"
	"os"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/moby/buildkit/client/llb"
)

// Mount is a cache mount of a builder. The zero Mount is none.
type Mount struct {
	// ID is BuildKit's: the namespace (BUILDKIT_CACHE_MOUNT_NS), a slash, and the id of the Dockerfile or the target.
	ID string
	// Base is the owner and mode that the mount is made with, or nil. BuildKit takes mounts of one ID and another base for others.
	Base *Base
}

// Base is what uid=, gid= and mode= of a mount say, or BuildKit's defaults.
type Base struct {
	UID, GID int
	Mode     os.FileMode // permissions
}

func (b *Base) String() string {
	if b == nil {
		return ""
	}
	return fmt.Sprintf("uid=%d,gid=%d,mode=%04o", b.UID, b.GID, b.Mode)
}

// String is the mount as a user knows it.
func (m Mount) String() string {
	id := strings.TrimPrefix(m.ID, "/")
	if m.Base != nil {
		return fmt.Sprintf("%s (%s)", id, m.Base)
	}
	return id
}

// Name is what the key of an entry says of the mount.
func (m Mount) Name() string { return bkcache.MountName(m.ID, m.Base.String()) }

// baseDir is the folder of a base that is mounted.
const baseDir = "/cache"

// state makes the base. BuildKit finds the mount of a Dockerfile by the same definition of it (dockerfile2llb.setCacheUIDGID).
func (b *Base) state() llb.State {
	return llb.Scratch().File(llb.Mkdir(baseDir, b.Mode, llb.WithUIDGID(b.UID, b.GID)), llb.WithCustomName("[internal] setting cache mount permissions"))
}

// Same reports whether both are the same mount.
func (m Mount) Same(other Mount) bool { return m.Name() == other.Name() }
