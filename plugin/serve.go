package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/serving"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/opts"
	"github.com/spf13/cobra"
)

type serveOptions struct {
	listen  string
	dir     string
	repo    string
	refs    []string
	maxSize opts.MemBytes
	maxAge  time.Duration
	envFile string
	format  string
	latency time.Duration
	faults  []string
	log     string
	check   bool
	repair  bool
	command []string
	upstreamOptions
}

func newServeCommand(env *Env) *cobra.Command {
	o := serveOptions{maxSize: 10 << 30}
	cmd := &cobra.Command{
		Use:   "serve [OPTIONS] [-- COMMAND [ARG...]]",
		Short: "Serve GitHub's cache service on this machine",
		Long: `Serves the GitHub Actions cache on this machine: versions 2 and 1 of the protocol,
the blob storage, and the REST API to list and delete. With -- and a command, it runs
the command in the environment of a job and ends with its exit code, or with 127 if
there is no such command. Without a command, it prints that environment and serves
until you stop it.

The folder keeps the cache and the name of the repository for the next start. --check
compares its entries with their content, and exits with 1 if something is damaged.
--repair removes what is damaged and keeps the rest. Stop the service before both.
"docker ghacache serve token" prints more tokens for a folder that is served.

With --upstream, it is a relay: it sends everything on to the cache service of the job,
many layers at a time, and keeps the job's token to itself. It prints a URL and a token
of its own, for buildx's attributes url_v2 and token, and works until you stop it. With
--dir, it keeps the layers that pass through, and later builds on this machine read
them from there.

GET /healthz tells whether the cache can be written. GET /metrics has counters for
Prometheus. Both need no token and show no entry.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return usage(fmt.Errorf("unexpected argument %q", args[0]), cmd.CommandPath()+" [OPTIONS] -- COMMAND [ARG...]")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.command = args
			if o.check || o.repair {
				return runServeCheck(env, o)
			}
			if o.relays() {
				return runServeUpstream(cmd.Context(), env, o)
			}
			return runServe(cmd.Context(), env, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "Address to listen on; on an address other than loopback, everybody with a token can use the cache")
	flags.StringVar(&o.repo, "repo", "", "Repository to serve, as OWNER/NAME")
	flags.Var(&o.maxSize, "max-size", "Size above which the least recently used entries are evicted")
	flags.DurationVar(&o.maxAge, "max-age", 7*24*time.Hour, "Time after which an unused entry is evicted")
	flags.StringVar(&o.envFile, "env-file", "", "File to write the environment to once the service answers, in place of standard output")
	flags.StringVar(&o.format, "format", "env", `Format of the environment: "env", "json" or "github" (for $GITHUB_ENV)`)
	flags.StringVar(&o.log, "log", "", `Format of a log of all requests on standard error: "json" or "text" (default none)`)
	flags.BoolVar(&o.check, "check", false, "Check the folder, print what is damaged, and exit")
	flags.BoolVar(&o.repair, "repair", false, "Check the folder, remove what is damaged, and exit")
	flags.DurationVar(&o.latency, "latency", 0, "Time to wait before each reply")
	flags.StringArrayVar(&o.faults, "fault", nil, "Fault to inject")
	o.addFlags(flags)
	for _, hidden := range []string{"latency", "fault"} {
		flags.Lookup(hidden).Hidden = true
	}
	flags = cmd.PersistentFlags()
	flags.StringVar(&o.dir, "dir", "", "Folder that keeps the cache (default docker-ghacache in the user's cache folder)")
	flags.StringArrayVar(&o.refs, "ref", []string{"refs/heads/main"}, "Ref that the job's token reads and writes, or only reads as REF:ro; its own first; a short name is a branch")
	cmd.AddCommand(newServeTokenCommand(env, &o))
	return cmd
}

func runServe(ctx context.Context, env *Env, o serveOptions) (err error) {
	if o.maxAge <= 0 || o.maxSize.Value() <= 0 {
		return usage(errors.New("--max-age and --max-size must be positive"), "--max-age 168h --max-size 10GB")
	}
	if !slices.Contains([]string{"", "json", "text"}, o.log) {
		return usage(fmt.Errorf("unknown log format %q", o.log), "--log json or text")
	}
	refs, err := serving.ParseRefs(o.refs)
	if err != nil {
		return err
	}
	server, err := openServer(env, o)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := server.Close(); closeErr != nil {
			err = errors.Join(err, fmt.Errorf("closing the cache: %w", closeErr))
		}
	}()
	code, err := serving.Run(ctx, env.console(), o.serving(env), serving.Service{
		Serve: server.Serve,
		Says:  "serving the cache of " + server.Repository,
		Environment: func(base string) ([]cacheserver.Variable, error) {
			return serving.JobEnvironment(server.Issuer, base, refs)
		},
	})
	return errors.Join(exit(code), err)
}

func (o serveOptions) serving(env *Env) serving.Options {
	return serving.Options{Listen: o.listen, Command: o.command, Environ: env.Environ(), Format: o.format, EnvFile: o.envFile}
}

// runServeCheck exits with 1 if something is damaged afterwards.
func runServeCheck(env *Env, o serveOptions) error {
	if err := o.refuseWithCheck(); err != nil {
		return err
	}
	dir, err := cacheDir(o.dir)
	if err != nil {
		return err
	}
	return exitUnless(serving.Check(env.console(), dir, o.repair))
}

// refuseWithCheck refuses what a check of a folder does not do.
func (o serveOptions) refuseWithCheck() error {
	fix := "docker ghacache serve --check"
	if o.repair {
		fix = "docker ghacache serve --repair"
	}
	if o.dir != "" {
		fix += " --dir " + hint.Word(o.dir)
	}
	switch {
	case o.relays():
		return usage(errors.New("--check and --repair look at a folder; --upstream, --upstream-url and --upstream-token do not go with them"), fix)
	case len(o.command) > 0:
		return usage(errors.New("--check and --repair run no command"), fix)
	}
	return nil
}

func openServer(env *Env, o serveOptions) (*cacheserver.Server, error) {
	dir, err := cacheDir(o.dir)
	if err != nil {
		return nil, err
	}
	var faults []cacheserver.Fault
	for _, text := range o.faults {
		fault, err := cacheserver.ParseFault(text)
		if err != nil {
			return nil, usage(fmt.Errorf("reading --fault: %w", err), "")
		}
		faults = append(faults, fault)
	}
	server, err := cacheserver.Open(cacheserver.Options{
		Dir:        dir,
		Repository: o.repo,
		MaxSize:    o.maxSize.Value(),
		MaxAge:     o.maxAge,
		Now:        env.Now,
		Log:        ui.Log(env.Stderr),
		LogFormat:  cacheserver.LogFormat(o.log),
		Latency:    o.latency,
		Faults:     faults,
	})
	if damage, ok := errors.AsType[*store.Damage](err); ok && damage.Fatal {
		return nil, hint.With(err, "docker ghacache serve --repair --dir "+hint.Word(dir))
	}
	return server, err
}

func cacheDir(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", hint.With(fmt.Errorf("finding a folder for the cache: %w", err), "--dir DIR")
	}
	return filepath.Join(base, "docker-ghacache"), nil
}
