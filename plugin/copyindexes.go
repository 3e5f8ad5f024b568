package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/cachecopy"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

const defaultScope = "buildkit"

// copySlots are the scopes and refs to look for indexes in, see [cachecopy.Slot]. A
// runtime token cannot list, so scopes are given, or taken from the REST listing of
// the job's own service.
func copySlots(ctx context.Context, env *Env, from *cacheclient.Runtime, o copyOptions) ([]string, error) {
	if len(o.scopes) > 0 {
		return cachecopy.Slots(o.scopes, from.Refs()), nil
	}
	why := errors.New("--from-url is not the job's service")
	if o.fromURL == "" {
		var slots []string
		if slots, why = listSlots(ctx, env, from); why == nil {
			return slots, nil
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	env.notes().Note(ui.Warning, fmt.Sprintf("caches cannot be listed, so only those of scope %s are copied: %v", defaultScope, why), "--scope SCOPE")
	return cachecopy.Slots([]string{defaultScope}, from.Refs()), nil
}

func listSlots(ctx context.Context, env *Env, from *cacheclient.Runtime) ([]string, error) {
	repo, err := openRepository(env, "")
	if err != nil {
		return nil, err
	}
	listing, err := repo.Client.List(ctx, cacheclient.Filter{Prefix: "index-"})
	if err != nil {
		return nil, err
	}
	return cachecopy.Listed(listing, from.Refs()), nil
}
