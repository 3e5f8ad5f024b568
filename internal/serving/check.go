package serving

import (
	"errors"
	"fmt"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Check prints what is damaged in a folder, and removes it for a repair. Sound says that
// nothing is damaged afterwards.
func Check(console ui.Console, dir string, repair bool) (sound bool, err error) {
	check := store.Check
	if repair {
		check = store.Repair
	}
	damage, err := check(dir)
	if foreign, ok := errors.AsType[*store.ForeignError](err); ok {
		fix := "--dir DIR   # a folder that was served"
		if foreign.Empty {
			fix = "docker ghacache serve --dir " + hint.Word(dir)
		}
		return false, hint.With(err, fix)
	}
	if err != nil {
		return false, fmt.Errorf("checking %s: %w", dir, err)
	}
	damaged := false
	for _, d := range damage {
		damaged = damaged || !d.Stays
		if _, err := fmt.Fprintln(console.Stdout, ui.Line(d.Error())); err != nil {
			return false, err
		}
	}
	switch {
	case !damaged:
		console.Notes.Note(ui.Info, fmt.Sprintf("%s has no damage", dir), "")
	case !repair:
		console.Notes.Note(ui.Info, fmt.Sprintf("%s is damaged", dir), "docker ghacache serve --repair --dir "+hint.Word(dir))
		return false, nil
	default:
		console.Notes.Note(ui.Info, "removed what is damaged", "")
	}
	return true, nil
}
