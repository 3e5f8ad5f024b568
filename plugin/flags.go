package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/buildrun"
	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// rootOptions are the flags of build and bake that may stand before the verb.
type rootOptions struct{ flags *pflag.FlagSet }

// words gives the flags back as words after the verb.
func (o rootOptions) words() []string {
	var words []string
	o.flags.Visit(func(f *pflag.Flag) {
		words = append(words, fmt.Sprintf("--%s=%s", f.Name, f.Value))
	})
	return words
}

// builder is the value of --builder before the verb, and whether it was given.
func (o rootOptions) builder() (string, bool) {
	return o.flags.Lookup("builder").Value.String(), o.flags.Changed("builder")
}

func newRootOptions(flags *pflag.FlagSet) rootOptions {
	flags.String("builder", "", "Override the configured builder instance")
	flags.BoolP("debug", "D", false, "Enable debug logging")
	own := buildrun.Flags("bake")
	own.VisitAll(func(f *pflag.Flag) { f.Hidden = true })
	flags.AddFlagSet(own)
	return rootOptions{flags}
}

// The flags that say where: --repo, --scope and --ref, completed from the real listing,
// and --local.

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

func localFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "local", "", "Folder of a local cache, instead of the cache on GitHub")
	if err := cmd.MarkFlagDirname("local"); err != nil {
		panic(err) // the flag does not exist
	}
}

// isLocal reports whether --local was given, be it empty: then the name of a folder is
// missing, and GitHub's cache is not what was meant.
func isLocal(cmd *cobra.Command) bool { return cmd.Flags().Changed("local") }

// checkLocal refuses the flags that select something in GitHub's cache.
func checkLocal(cmd *cobra.Command, allowed ...string) (err error) {
	if cmd.Flag("local").Value.String() == "" {
		return usage(errors.New("--local needs the name of a folder"), "--local /tmp/cache")
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "local" && !slices.Contains(allowed, f.Name) && cmd.LocalNonPersistentFlags().Lookup(f.Name) != nil {
			err = usage(fmt.Errorf("--%s does not go with --local", f.Name), cmd.CommandPath()+" --help")
		}
	})
	return err
}
