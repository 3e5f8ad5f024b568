package plugin

import (
	"fmt"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/spf13/cobra"
)

func newServeTokenCommand(env *Env, o *serveOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "token [OPTIONS]",
		Short:   "Print another runtime token for a cache folder that is served",
		Example: "  ACTIONS_RUNTIME_TOKEN=$(docker ghacache serve token --ref refs/pull/7/merge --ref refs/heads/main:ro)",
		Args:    maxArgs(0),
		RunE:    func(*cobra.Command, []string) error { return runServeToken(env, *o) },
	}
}

func runServeToken(env *Env, o serveOptions) error {
	refs, err := parseRefs(o.refs)
	if err != nil {
		return err
	}
	dir, err := cacheDir(o.dir)
	if err != nil {
		return err
	}
	issuer, err := cacheserver.OpenIssuer(dir, env.Now)
	if err != nil {
		return hint.With(err, "docker ghacache serve --dir "+dir)
	}
	token, err := issuer.RuntimeToken(refs, tokenLifetime)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, token)
	return err
}
