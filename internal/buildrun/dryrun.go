package buildrun

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/buildrun/cachelists"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"mvdan.cc/sh/v3/syntax"
)

// dryRun is the output of --gha-dry-run=json.
type dryRun struct {
	Args  []string  `json:"args"`            // the command that would run, secrets redacted
	Env   []string  `json:"env"`             // names of the variables that would be set for it
	Notes []note    `json:"notes"`           // what would be said
	Relay *relayUse `json:"relay,omitempty"` // absent: nothing would go through one
}

// report turns an error of a dry run for programs into a note of its output.
func (inv *invocation) report(err error) error {
	if _, said := errors.AsType[Said](err); err == nil || said || inv.own.dryRun != dryRunJSON {
		return err
	}
	problem, _ := errors.AsType[cacheopts.Problem](err)
	inv.notes = append(inv.notes, note{Code: problem.Code, Level: cacheopts.LevelError, Text: err.Error(), Hint: hint.Of(err)})
	return inv.refuse(err)
}

// show prints the command in place of running it.
func (inv *invocation) show() error {
	args := inv.shownArgs()
	if inv.own.dryRun == dryRunJSON {
		return ui.WriteJSON(inv.env.Stdout, dryRun{
			Args:  args,
			Env:   append([]string{}, slices.Sorted(maps.Keys(inv.vars))...),
			Notes: append([]note{}, inv.notes...),
			Relay: inv.relay.use,
		})
	}
	quoted := make([]string, 0, len(args))
	for _, word := range args {
		q, err := syntax.Quote(word, syntax.LangBash)
		if err != nil {
			return fmt.Errorf("quoting %q: %w", word, err)
		}
		quoted = append(quoted, q)
	}
	_, err := fmt.Fprintln(inv.env.Stdout, strings.Join(quoted, " "))
	return err
}

// shownArgs is the command as one would type it.
func (inv *invocation) shownArgs() []string {
	program := slices.Concat([]string{"docker"}, inv.env.Globals, []string{"buildx"})
	if inv.env.Standalone {
		program = []string{cmp.Or(inv.buildx.Path, "docker-buildx")}
	}
	shown := *inv
	shown.args = slices.Clone(inv.args)
	for i, arg := range shown.args {
		shown.args[i] = cachelists.Redacted(arg)
	}
	return append(program, shown.words()...)
}
