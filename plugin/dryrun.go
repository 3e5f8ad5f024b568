package plugin

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"mvdan.cc/sh/v3/syntax"
)

// dryRun is the output of --gha-dry-run=json.
type dryRun struct {
	Args  []string     `json:"args"`  // the command that would run, secrets redacted
	Env   []string     `json:"env"`   // names of the variables that would be set for it
	Notes []dryRunNote `json:"notes"` // what would be said
}

type dryRunNote struct {
	Level string `json:"level"`
	Text  string `json:"text"`
	Hint  string `json:"hint"`
}

// show prints the command in place of running it.
func (inv *invocation) show() error {
	out := dryRun{Args: inv.shownArgs(), Env: slices.Sorted(maps.Keys(inv.vars)), Notes: []dryRunNote{}}
	for _, n := range inv.notes {
		out.Notes = append(out.Notes, dryRunNote{string(n.Level), n.Text, n.Hint})
	}
	if inv.own.dryRun == "json" {
		if out.Env == nil {
			out.Env = []string{}
		}
		encoder := json.NewEncoder(inv.env.Stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(out)
	}
	quoted := make([]string, 0, len(out.Args))
	for _, word := range out.Args {
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
		program = []string{inv.buildx.Path}
	}
	shown := *inv
	shown.args = slices.Clone(inv.args)
	for i, arg := range shown.args {
		shown.args[i] = redacted(arg)
	}
	return append(program, shown.words()...)
}

// redacted hides the credentials of a cache option, also in a --set.
func redacted(arg cacheopts.Arg) cacheopts.Arg {
	if len(arg.Words) == 0 {
		return arg
	}
	if arg.Side() != 0 {
		return arg.WithValue(cacheopts.Redact(arg.Value))
	}
	if setsCache(arg) {
		key, value, _ := strings.Cut(arg.Value, "=")
		return arg.WithValue(key + "=" + cacheopts.Redact(value))
	}
	return arg
}
