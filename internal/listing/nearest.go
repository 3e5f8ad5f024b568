package listing

import (
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Choice is a value of an option that selects by name, such as one of --scope.
type Choice struct {
	Option, Value string
	Names         []string // that there are
	Matches       func(value, name string) bool
	Show          func(name string) string // nil: as it is
}

// missed returns what to say of a choice that matches no name, with the nearest one; nothing
// if it matches.
func (c Choice) missed() (text, fix string) {
	if slices.ContainsFunc(c.Names, func(name string) bool { return c.Matches(c.Value, name) }) {
		return "", ""
	}
	show := c.Show
	if show == nil {
		show = func(name string) string { return name }
	}
	if near := Nearest(c.Value, c.Names); near != "" {
		fix = c.Option + " " + hint.Word(show(near))
	}
	return fmt.Sprintf("%s %s matches nothing", c.Option, hint.Word(show(c.Value))), fix
}

// Nearest returns the name that is most like a pattern; empty if none is like it at all.
func Nearest(pattern string, names []string) (near string) {
	best := len(pattern)/2 + 2
	for _, name := range names {
		if d := levenshtein.Distance(pattern, name, nil); d < best {
			near, best = name, d
		}
	}
	return near
}

// Choices are the scopes and refs that are selected.
func (s Selector) Choices(a *reclaim.Analysis) (all []Choice) {
	glob := func(pattern, name string) bool { return Match([]string{pattern}, name) }
	var scopes, refs []string
	for i := range a.Caches {
		scopes = append(scopes, a.Caches[i].Scope)
	}
	for i := range a.Items {
		refs = append(refs, a.Items[i].Ref)
	}
	for _, scope := range s.Scopes {
		all = append(all, Choice{Option: "--scope", Value: scope, Names: scopes, Matches: glob})
	}
	for _, ref := range s.Refs {
		all = append(all, Choice{Option: "--ref", Value: ref, Names: refs, Matches: glob, Show: github.ShortRef})
	}
	return all
}

// NoteMissed warns of each choice that matches nothing.
func (r *Repository) NoteMissed(choices []Choice) {
	for _, c := range choices {
		if text, fix := c.missed(); text != "" {
			r.say(ui.Warning, text, fix)
		}
	}
}
