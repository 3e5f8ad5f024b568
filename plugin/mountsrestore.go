package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

func runMountsRestore(ctx context.Context, env *Env, o mountsOptions, args []string) error {
	if o.file == "" && len(args) == 0 {
		return usage(errors.New("no mount given"), "docker ghacache mounts restore --file Dockerfile")
	}
	return o.withKeeper(ctx, env, func(k *mounts.Keeper, n *mounts.Node) ([]mounts.Result, error) {
		wanted, err := o.wanted(env, n)
		if err != nil {
			return nil, err
		}
		if o.file == "" {
			for _, arg := range args {
				wanted = append(wanted, mounts.Mount{ID: "/" + arg})
			}
		} else if len(args) > 0 {
			if i := slices.IndexFunc(args, func(arg string) bool { return !matchesSome(wanted, arg) }); i >= 0 {
				return nil, hint.With(fmt.Errorf("%s has no cache mount %q", o.file, args[i]), "leave out MOUNT   # restores all of the Dockerfile")
			}
			wanted = slices.DeleteFunc(wanted, func(m mounts.Mount) bool { return !slices.ContainsFunc(args, m.Match) })
		}
		n.StandBy(ctx)
		held, err := mounts.Held(ctx, n.Client)
		if err != nil {
			return nil, err
		}
		results, err := k.Restore(ctx, n, held, wanted)
		if o.file == "" {
			noteMissing(env, results)
		}
		return results, err
	})
}

func matchesSome(all []mounts.Mount, arg string) bool {
	return slices.ContainsFunc(all, func(m mounts.Mount) bool { return m.Match(arg) })
}

// noteMissing warns of mounts that were asked for by name. In the first job none is saved, so it is no more than a warning.
func noteMissing(env *Env, results []mounts.Result) {
	for _, r := range results {
		if r.State == mounts.Missing {
			env.notes().Note(ui.Warning, fmt.Sprintf("nothing is saved of cache mount %s", r.Mount), "docker ghacache mounts ls")
		}
	}
}
