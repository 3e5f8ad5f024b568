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

// option mounts it at target. BuildKit finds the mount of a Dockerfile by the same definition of the base
// (dockerfile2llb.setCacheUIDGID).
func (m Mount) option(target string) llb.RunOption {
	persistent := llb.AsPersistentCacheDir(m.ID, llb.CacheMountLocked)
	if m.Base == nil {
		return llb.AddMount(target, llb.Scratch(), persistent)
	}
	base := llb.Scratch().File(llb.Mkdir("/cache", m.Base.Mode, llb.WithUIDGID(m.Base.UID, m.Base.GID)),
		llb.WithCustomName("[internal] setting cache mount permissions"))
	return llb.AddMount(target, base, persistent, llb.SourcePath("/cache"))
}

// Same reports whether both are the same mount.
func (m Mount) Same(other Mount) bool { return m.Name() == other.Name() }
