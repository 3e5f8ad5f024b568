package plugin

import (
	"slices"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/spf13/cobra"
)

// completeByBuildx asks buildx, whose flags and operands these are; cobra adds
// the own flags.
func completeByBuildx(env *Env, verb string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		buildx, err := builders.FindBuildx(env.Docker)
		if err != nil {
			return nil, cobra.ShellCompDirectiveDefault
		}
		args = slices.DeleteFunc(slices.Clone(args), func(word string) bool { return strings.HasPrefix(word, "--gha-") })
		words := slices.Concat([]string{"__complete"}, completionRoot(env), []string{verb}, args, []string{toComplete})
		stdout, _, err := process.Output(cmd.Context(), process.Command{Path: buildx.Path, Args: words, Env: env.Environ()})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		theirs, directive := parseCompletions(string(stdout))
		return slices.DeleteFunc(theirs, func(c cobra.Completion) bool {
			word, _, _ := strings.Cut(c, "\t")
			return cmd.Flag(strings.TrimPrefix(word, "--")) != nil // cobra offers it
		}), directive
	}
}

// completionRoot is the word for buildx's root command below docker's.
func completionRoot(env *Env) []string {
	if env.Standalone {
		return nil
	}
	return []string{"buildx"}
}

// parseCompletions reads what a cobra program prints for __complete: a line
// each, and last a colon with the directive.
func parseCompletions(output string) ([]cobra.Completion, cobra.ShellCompDirective) {
	lines := strings.Split(strings.TrimRight(output, "\n"), "\n")
	last := len(lines) - 1
	number, ok := strings.CutPrefix(lines[last], ":")
	directive, err := strconv.Atoi(number)
	if !ok || err != nil || directive < 0 {
		return nil, cobra.ShellCompDirectiveError
	}
	return lines[:last], cobra.ShellCompDirective(directive)
}
