package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is docker's exit code for a command line that it cannot read.
const usageError = 125

func flagError(cmd *cobra.Command, err error) error {
	help := cmd.CommandPath() + " --help"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return usage(err, cmp.Or(hint.Flag(cmd.Flags(), unknown.GetSpecifiedName()), help))
	}
	return usage(err, help)
}

func unknownCommand(cmd *cobra.Command, word string) error {
	hint := cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		for i, name := range near {
			near[i] = cmd.CommandPath() + " " + name
		}
		hint = strings.Join(near, "\n")
	}
	return usage(fmt.Errorf("unknown command %q for %q", word, cmd.CommandPath()), hint)
}

// noVerb rejects the arguments of a command that only groups others.
func noVerb(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	return nil
}

// usage is an error in the command line itself.
func usage(err error, fix string) error { return hint.Usage(err, fix) }

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
	if hint.IsUsage(err) {
		return usageError
	}
	if errors.Is(err, context.Canceled) {
		return 130
	}
	return 1
}

// exit passes an exit code on.
func exit(code int) error {
	if code == 0 {
		return nil
	}
	return cli.StatusError{StatusCode: code}
}

// exitUnless is exit code 1 for a command that is not complete, and has said so.
func exitUnless(complete bool, err error) error {
	if err == nil && !complete {
		return exit(1)
	}
	return err
}

// passOn keeps the exit code of a run that has said itself what is wrong.
func passOn(err error) error {
	said, ok := errors.AsType[buildrun.Said](err)
	if !ok {
		return err
	}
	if failed, ok := errors.AsType[*process.ExitError](said.Err); ok {
		return exit(failed.Code)
	}
	return exit(codeOf(said.Err))
}

// couldNotRun gives errors that are none of the command line the exit code 2.
func couldNotRun(ctx context.Context, env *Env, err error) error {
	if _, ok := errors.AsType[cli.StatusError](err); ok || err == nil {
		return err
	}
	if hint.IsUsage(err) {
		return err
	}
	env.notes().Error(err)
	if ctx.Err() != nil {
		return exit(130)
	}
	return exit(2)
}

// checkFormat is for commands whose only other format is JSON.
func checkFormat(format string) error {
	if format != "" && format != "json" {
		return usage(fmt.Errorf("unknown format %q", format), "--format json")
	}
	return nil
}

// maxArgs is cobra.MaximumNArgs with this program's errors.
func maxArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usage(fmt.Errorf("unexpected argument %q", args[n]), cmd.CommandPath()+" --help")
		}
		return nil
	}
}
