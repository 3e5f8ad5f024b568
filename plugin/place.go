package plugin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/spf13/cobra"
)

// The flags that say where: --repo, and --scope and --ref, completed from the
// real listing.

func repoFlag(cmd *cobra.Command, repo *string) {
	cmd.Flags().StringVarP(repo, "repo", "R", "", "Repository, as [HOST/]OWNER/NAME")
}

func scopeFlag(env *Env, cmd *cobra.Command, repo *string, scopes *[]string) {
	cmd.Flags().StringArrayVar(scopes, "scope", nil, "Only these scopes (glob)")
	completeFlag(cmd, "scope", completeScopes(env, repo))
}

func refFlag(env *Env, cmd *cobra.Command, repo *string, refs *[]string) {
	cmd.Flags().StringArrayVar(refs, "ref", nil, "Only these refs (glob): main or 'feature/*' for branches, 12 or #12 for a pull request, 'refs/pull/*', '*' for all")
	completeFlag(cmd, "ref", completeCaches(env, repo, func(c *reclaim.Cache) string {
		if bare := strings.TrimPrefix(github.ShortRef(c.Ref), "#"); github.FullRef(bare) == c.Ref {
			return bare // a shell may take # for a comment
		}
		return c.Ref
	}))
}

func completeFlag(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag does not exist, or has one
	}
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
