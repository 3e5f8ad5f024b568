package plugin

import (
	"fmt"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// runServeCheck prints what is damaged in a folder. The exit code is 1 if that is still so afterwards.
func runServeCheck(env *Env, o serveOptions) error {
	dir, err := cacheDir(o.dir)
	if err != nil {
		return err
	}
	check := store.Check
	if o.repair {
		check = store.Repair
	}
	damage, err := check(dir)
	if err != nil {
		return fmt.Errorf("checking %q: %w", dir, err)
	}
	damaged := false
	for _, d := range damage {
		damaged = damaged || !d.Stays
		if _, err := fmt.Fprintln(env.Stdout, d); err != nil {
			return err
		}
	}
	switch {
	case !damaged:
		env.notes().Note(ui.Info, fmt.Sprintf("%q has no damage", dir), "")
	case !o.repair:
		env.notes().Note(ui.Info, fmt.Sprintf("%q is damaged", dir), "docker ghacache serve --repair --dir "+dir)
		return exit(1)
	default:
		env.notes().Note(ui.Info, "removed what is damaged", "")
	}
	return nil
}
