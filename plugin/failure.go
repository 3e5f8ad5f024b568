package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"
)

func flagError(cmd *cobra.Command, err error) error {
	return usage(err, fmt.Sprintf("%s --help", cmd.CommandPath()))
}

func unknownCommand(cmd *cobra.Command, word string) error {
	hint := cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usage(fmt.Errorf("unknown command %q for %q", word, cmd.CommandPath()), hint)
}

// usage is an error in the command line itself.
func usage(err error, fix string) error {
	return usageErr{hint.With(err, fix)}
}

type usageErr struct{ error }

func (e usageErr) Unwrap() error { return e.error }

// exitCode reports err, if it has something to say, and tells the exit code
// that it stands for.
func exitCode(env *Env, err error) int {
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[cli.StatusError](err); ok {
		if status.Status != "" {
			env.notes().Error(errors.New(status.Status))
		}
		return max(status.StatusCode, 1)
	}
	env.notes().Error(err)
	return codeOf(err)
}

// codeOf is the exit code of an error that no other program has given one.
func codeOf(err error) int {
	if _, ok := errors.AsType[usageErr](err); ok {
		return usageError
	}
	if errors.Is(err, context.Canceled) {
		return 130
	}
	return 1
}

// checkFormat is for commands whose only other format is JSON.
func checkFormat(format string) error {
	if format != "" && format != "json" {
		return usage(fmt.Errorf("unknown format %q", format), "--format json")
	}
	return nil
}
