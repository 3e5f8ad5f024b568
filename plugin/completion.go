package plugin

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
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

func completeFlag(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag does not exist, or has one
	}
}

func completeValues(cmd *cobra.Command, flag string, values ...cobra.Completion) {
	completeFlag(cmd, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func completeScopes(env *Env, repo *string) cobra.CompletionFunc {
	return completeCaches(env, repo, func(c *reclaim.Cache) string { return c.Scope })
}

// completionTime is how long somebody waits for a completion.
const completionTime = 5 * time.Second

func completeCaches(env *Env, repo *string, pick func(*reclaim.Cache) string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		return listCompletions(ctx, env, *repo, pick), cobra.ShellCompDirectiveNoFileComp
	}
}

// listCompletions offers what the cache holds; nothing where it cannot be listed,
// because a completion has nowhere to say why. Names that nobody can type are left out.
func listCompletions(ctx context.Context, env *Env, repo string, pick func(*reclaim.Cache) string) []cobra.Completion {
	r, err := openRepository(env, repo)
	if err != nil {
		return nil
	}
	entries, err := r.Client.List(ctx, cacheclient.Filter{Prefix: "index-"})
	if err != nil {
		return nil
	}
	analysis := listing.Analyze(entries, nil, bkcache.Refs{})
	var found []cobra.Completion
	for i := range analysis.Caches {
		word := pick(&analysis.Caches[i])
		if typed := word == ui.Text(word) && word == strings.TrimSpace(word); typed && !slices.Contains(found, word) {
			found = append(found, word)
		}
	}
	return found
}
