package mounts

import (
	"errors"
	"net"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

func TestWhatIsNotSavedSaysWhy(t *testing.T) {
	same := bkcache.Key{Kind: bkcache.KindMount, Tree: "1"}
	full, none := wire.Tree{ID: "1", Files: 2, Bytes: 3}, wire.Tree{ID: "0"}
	for name, c := range map[string]struct {
		tree   wire.Tree
		newest bkcache.Key
		fits   bool
		want   State
	}{
		"an empty mount that was never saved":   {none, bkcache.Key{}, true, Empty},
		"an empty mount of which more is saved": {none, same, true, Empty},
		"the same is saved":                     {full, same, true, Unchanged},
		"it is too large":                       {full, bkcache.Key{}, false, TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			here, there := net.Pipe()
			defer here.Close()
			answered := make(chan error, 1)
			go func() {
				defer there.Close()
				answered <- answer(wire.New(there), c.tree)
			}()
			var r Result
			find := func() (bkcache.Key, error) { return c.newest, nil }
			err := (&Keeper{}).save(t.Context(), wire.New(here), &r, find, func(int64) (bool, error) { return c.fits, nil })
			if err := errors.Join(err, <-answered); err != nil || r.State != c.want {
				t.Errorf("got %q and %v, want %q", r.State, err, c.want)
			}
		})
	}
}

// answer is a helper whose mount has a tree and is not to be saved.
func answer(c *wire.Conn, tree wire.Tree) error {
	var save, end wire.Request
	var plan wire.Plan
	if err := errors.Join(c.Receive(&save), c.Send(tree), c.Receive(&plan), c.Receive(&end)); err != nil {
		return err
	}
	if save.Op != wire.OpSave || !plan.None || end.Op != wire.OpNone {
		return errors.New("the mount is saved")
	}
	return nil
}
