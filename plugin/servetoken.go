package plugin

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/serving"
	"github.com/spf13/cobra"
)

type serveTokenOptions struct {
	rest     bool
	readOnly bool
}

func newServeTokenCommand(env *Env, serve *serveOptions) *cobra.Command {
	var o serveTokenOptions
	cmd := &cobra.Command{
		Use:   "token [OPTIONS]",
		Short: "Print another token for a cache folder that is served",
		Long: `Prints a runtime token for the refs that --ref gives or, with --rest, a token for the
REST API. A REST token can list all entries, and can delete those on the refs that
--ref lets a job write. If main is one of them, it can delete all entries and set limits.`,
		Args: maxArgs(0),
		RunE: func(*cobra.Command, []string) error { return runServeToken(env, *serve, o) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.rest, "rest", false, "Print a token for the REST API (GITHUB_TOKEN)")
	flags.BoolVar(&o.readOnly, "read-only", false, "Print a token that only reads, whatever --ref says")
	return cmd
}

func runServeToken(env *Env, serve serveOptions, o serveTokenOptions) error {
	refs, err := serving.ParseRefs(serve.refs)
	if err != nil {
		return err
	}
	dir, err := cacheDir(serve.dir)
	if err != nil {
		return err
	}
	issuer, err := cacheserver.OpenIssuer(dir, env.Now)
	if errors.Is(err, fs.ErrNotExist) {
		return hint.With(err, "docker ghacache serve --dir "+dir)
	}
	if err != nil {
		return err
	}
	if o.readOnly {
		for i := range refs {
			refs[i].Write = false
		}
	}
	token, err := serving.RuntimeToken(issuer, refs)
	if o.rest {
		token, err = serving.RESTToken(issuer, refs)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, token)
	return err
}
