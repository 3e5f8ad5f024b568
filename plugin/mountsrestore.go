package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

func runMountsRestore(ctx context.Context, env *Env, o mountsOptions, args []string) error {
	if o.file == "" && len(args) == 0 {
		return usage(errors.New("no mount given"), "docker ghacache mounts restore --file Dockerfile")
	}
	return o.withKeeper(ctx, env, func(k *mounts.Keeper, n *mounts.Node) ([]mounts.Result, error) {
		wanted, leftOut, err := o.wanted(env, n)
		if err != nil {
			return nil, err
		}
		if o.file == "" {
			for _, arg := range args {
				wanted = append(wanted, mounts.Mount{ID: "/" + arg})
			}
		} else {
			var missing []string
			if wanted, missing, err = chooseMounts(o.file, wanted, leftOut, args); err != nil {
				return nil, err
			}
			for _, text := range missing {
				env.notes().Note(ui.Warning, text, "")
			}
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

// chooseMounts returns the mounts of a Dockerfile that args select; none selects all. An argument that selects nothing is an
// error; only a message if it is a glob, or if it may select what is left out.
func chooseMounts(file string, found []mounts.Mount, leftOut []mounts.LeftOut, args []string) (chosen []mounts.Mount, missing []string, err error) {
	if len(args) == 0 {
		return found, nil, nil
	}
	for _, arg := range args {
		if slices.ContainsFunc(found, func(m mounts.Mount) bool { return m.Match(arg) }) {
			continue
		}
		text := fmt.Sprintf("the build of %s uses no cache mount %q that can be restored", file, arg)
		mayMatch := func(l mounts.LeftOut) bool {
			return l.Target == "" || l.Match(arg)
		}
		if !strings.ContainsAny(arg, "*?[") && !slices.ContainsFunc(leftOut, mayMatch) {
			return nil, nil, hint.With(errors.New(text), "leave out MOUNT   # restores all of the Dockerfile")
		}
		missing = append(missing, text)
	}
	for _, m := range found {
		if slices.ContainsFunc(args, m.Match) {
			chosen = append(chosen, m)
		}
	}
	return chosen, missing, nil
}

// noteMissing warns of mounts that were asked for by name. In the first job none is saved, so it is no more than a warning.
func noteMissing(env *Env, results []mounts.Result) {
	for _, r := range results {
		if r.State == mounts.Missing {
			env.notes().Note(ui.Warning, fmt.Sprintf("nothing is saved of cache mount %s", r.Mount), "docker ghacache mounts ls")
		}
	}
}
