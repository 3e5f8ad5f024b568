package mounts

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// Keeper keeps saved mounts at the cache service of a job, for builds for some platforms.
type Keeper struct {
	Cache *runtimeclient.Uploader
	// Platforms are those of the builds that use the mounts, such as linux/amd64; several with plus signs between them. A
	// mount of other platforms is another one.
	Platforms string
}

// Result is what became of a mount.
type Result struct {
	Mount
	State State
	Files int   // restored, or whose content was sent
	Bytes int64 // of their content
	Sent  int64 // bytes of the new entry
	Err   error
}

// State says what became of a mount.
type State string

// The states.
const (
	Saved     State = "saved"
	Unchanged State = "unchanged"
	Empty     State = "empty" // and so it is not saved
	Restored  State = "restored"
	Missing   State = "missing"   // none is saved
	Occupied  State = "occupied"  // the builder has it
	TooLarge  State = "too large" // see [Keeper.Save]; Bytes is all that it has
	Failed    State = "failed"    // see Err
)

// newest finds the newest entry of a mount; the zero Key if there is none.
func (k *Keeper) newest(ctx context.Context, m Mount) (bkcache.Key, error) {
	key, err := k.Cache.Newest(ctx, bkcache.MountPrefix(k.Platforms, m.Name()))
	if errors.Is(err, runtimeclient.ErrNotFound) {
		return bkcache.Key{}, nil
	}
	if err != nil {
		return bkcache.Key{}, err
	}
	parsed := bkcache.ParseKey(key, bkcache.Version)
	if parsed.Kind != bkcache.KindMount {
		return bkcache.Key{}, nil // somebody else's
	}
	return parsed, nil
}

// open reads an entry; what reads it sees if it is cut.
func (k *Keeper) open(ctx context.Context, key string) (io.ReadCloser, error) {
	return k.Cache.Open(ctx, key)
}

// put saves an entry. One that exists has the same content, which its key tells.
func (k *Keeper) put(ctx context.Context, key string, content io.Reader) (int64, error) {
	n, err := k.Cache.Save(ctx, key, content)
	if errors.Is(err, fs.ErrExist) {
		n, err = 0, errExists
	}
	return n, err
}

var errExists = errors.New("another build saves the same")
