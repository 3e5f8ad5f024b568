package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/dockerconfig"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/spf13/cobra"
)

// hookedCommands are the commands after whose failure docker asks this plugin.
// `docker build` counts as `docker buildx build`.
func hookedCommands() []string { return []string{"buildx build", "buildx bake"} }

func newHooksCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hooks COMMAND",
		Short: "Explain failed builds of docker build and docker buildx",
		Long: `Docker 29.3 and newer can ask a plugin about a command that failed. After "enable",
Docker runs "docker ghacache explain" for each failed "docker build", "docker buildx
build" or "docker buildx bake" on a terminal, and prints its advice.

Docker has one switch for all plugins, "features.hooks". "enable" turns it on, which
enables the hooks of every plugin. "disable" restores what it was before.`,
		Args: noVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		hooksVerb(env, "enable", "Turn on the advice after failed builds", runHooksEnable),
		hooksVerb(env, "disable", "Turn off the advice after failed builds", runHooksDisable),
		hooksVerb(env, "status", "Show whether the advice is on", runHooksStatus),
	)
	return cmd
}

func hooksVerb(env *Env, use, short string, run func(context.Context, *Env) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: maxArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), env) },
	}
}

// firstAsking is the first docker CLI that asks plugins about failed commands.
const firstAsking = "v29.3.0"

// noteOldDocker tells that the docker at hand does not ask.
func noteOldDocker(ctx context.Context, env *Env) {
	if docker := dockerFacts(ctx, env); release.Before(docker.Version, firstAsking) {
		env.notes().Note(ui.Warning, fmt.Sprintf("docker %s cannot ask plugins about failed commands; %s and newer can", docker.Version, firstAsking), "https://docs.docker.com/engine/install/")
	}
}

func runHooksEnable(ctx context.Context, env *Env) error {
	switched := false
	err := dockerconfig.Edit(func(c *dockerconfig.Config) error {
		if on, err := strconv.ParseBool(c.Get("features", "hooks")); err != nil || !on {
			switched = true
			if err := turnSwitch(c); err != nil {
				return err
			}
		}
		return setHooks(c, slices.Concat(otherHooks(c), hookedCommands()))
	})
	if err != nil {
		return err
	}
	noteOldDocker(ctx, env)
	if switched {
		env.notes().Note(ui.Info, "features.hooks is on now, so other plugins can also print advice after docker's commands", "")
	}
	return nil
}

func runHooksDisable(_ context.Context, env *Env) error {
	stays := false
	err := dockerconfig.Edit(func(c *dockerconfig.Config) error {
		restored, err := restoreSwitch(c)
		if err != nil {
			return err
		}
		stays = !restored && c.Get("features", "hooks") != ""
		return setHooks(c, otherHooks(c))
	})
	if err == nil && stays {
		env.notes().Note(ui.Info, "features.hooks stays as it is, because this plugin has not set it", "")
	}
	return err
}

// formerSwitch is where enable keeps what features.hooks was, and unset what it writes there if it was nothing.
const (
	formerSwitch = "features-hooks-before"
	unset        = "unset"
)

// turnSwitch turns features.hooks on, and remembers what it was.
func turnSwitch(c *dockerconfig.Config) error {
	was := cmp.Or(c.Get("features", "hooks"), unset)
	if err := c.Set("true", "features", "hooks"); err != nil {
		return err
	}
	return c.Set(was, "plugins", name, formerSwitch)
}

// restoreSwitch makes features.hooks what it was before enable, unless somebody has changed it since.
func restoreSwitch(c *dockerconfig.Config) (bool, error) {
	was := c.Get("plugins", name, formerSwitch)
	c.Remove("plugins", name, formerSwitch)
	switch {
	case was == "" || c.Get("features", "hooks") != "true":
		return false, nil
	case was == unset:
		c.Remove("features", "hooks")
		return true, nil
	}
	return true, c.Set(was, "features", "hooks")
}

// otherHooks are what the user has added.
func otherHooks(c *dockerconfig.Config) []string {
	return slices.DeleteFunc(strings.Split(c.Get("plugins", name, "error-hooks"), ","), func(hook string) bool {
		return hook == "" || slices.Contains(hookedCommands(), hook)
	})
}

func setHooks(c *dockerconfig.Config, hooks []string) error {
	if len(hooks) == 0 {
		c.Remove("plugins", name, "error-hooks")
		return nil
	}
	return c.Set(strings.Join(hooks, ","), "plugins", name, "error-hooks")
}

func runHooksStatus(ctx context.Context, env *Env) error {
	c, _, err := dockerconfig.Read()
	if err != nil {
		return err
	}
	hooks := c.Get("plugins", name, "error-hooks")
	if hooks == "" {
		_, err := fmt.Fprintln(env.Stdout, "disabled")
		return err
	}
	if _, err := fmt.Fprintf(env.Stdout, "enabled for %s\n", ui.Text(strings.ReplaceAll(hooks, ",", ", "))); err != nil {
		return err
	}
	noteOldDocker(ctx, env)
	if why := hooksSilenced(env, c); why != "" {
		env.notes().Note(ui.Warning, "docker does not ask: "+why, "")
	}
	return nil
}

// hooksSilenced tells why docker runs no hook, in the order in which it decides.
func hooksSilenced(env *Env, c *dockerconfig.Config) string {
	for _, variable := range []string{"DOCKER_CLI_HOOKS", "DOCKER_CLI_HINTS"} {
		value, _ := env.Lookup(variable)
		if value == "" {
			continue
		}
		if on, err := strconv.ParseBool(value); err != nil || !on {
			return fmt.Sprintf("%s is %q", variable, value)
		}
		return ""
	}
	if on, err := strconv.ParseBool(c.Get("features", "hooks")); err != nil || !on {
		return "features.hooks is not on"
	}
	return ""
}
