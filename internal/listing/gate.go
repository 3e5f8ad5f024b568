package listing

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

// Gate is a service whose first deletion goes alone. If the token may not delete, that is
// found out by one request.
type Gate struct {
	reclaim.Service
	Stop context.CancelCauseFunc // called with the refusal, to end the execution

	first  sync.Once
	denied error
}

// Delete implements [reclaim.Service].
func (g *Gate) Delete(ctx context.Context, id int64, before time.Time) (err error) {
	first := false
	g.first.Do(func() {
		first = true
		if err = g.Service.Delete(ctx, id, before); errors.Is(err, fs.ErrPermission) {
			g.denied = err
			g.Stop(err)
		}
	})
	switch {
	case first:
		return err
	case g.denied != nil:
		return g.denied
	}
	return g.Service.Delete(ctx, id, before)
}
