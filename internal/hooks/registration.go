package hooks

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/dockerconfig"
)

// FirstAsking is the first docker CLI that asks plugins about failed commands.
const FirstAsking = "v29.3.0"

// commands are those after whose failure docker asks this plugin.
// `docker build` counts as `docker buildx build`.
func commands() []string { return []string{"buildx build", "buildx bake"} }

// Registration is that of a plugin in config.json.
type Registration struct {
	Plugin string // as docker knows it
}

// Enable has docker ask after failed builds. Switched says that it turned on features.hooks, which other plugins
// share.
func (r Registration) Enable() (switched bool, err error) {
	err = dockerconfig.Edit(func(c *dockerconfig.Config) error {
		if on, err := strconv.ParseBool(c.Get("features", "hooks")); err != nil || !on {
			switched = true
			if err := r.turnSwitch(c); err != nil {
				return err
			}
		}
		return r.set(c, slices.Concat(r.others(c), commands()))
	})
	return switched, err
}

// Disable ends that. Stays says that features.hooks was not set by Enable, and is as it was.
func (r Registration) Disable() (stays bool, err error) {
	err = dockerconfig.Edit(func(c *dockerconfig.Config) error {
		restored, err := r.restoreSwitch(c)
		if err != nil {
			return err
		}
		stays = !restored && c.Get("features", "hooks") != ""
		return r.set(c, r.others(c))
	})
	return stays, err
}

// Status are the commands after which docker asks, separated by commas, and why it does not ask all the same. Both
// are empty for nothing.
func (r Registration) Status(lookup actions.Lookup) (registered, silenced string, err error) {
	c, _, err := dockerconfig.Read()
	if err != nil {
		return "", "", err
	}
	return c.Get("plugins", r.Plugin, "error-hooks"), whySilent(lookup, c), nil
}

// formerSwitch is where enable keeps what features.hooks was, and unset what it writes there if it was nothing.
const (
	formerSwitch = "features-hooks-before"
	unset        = "unset"
)

// turnSwitch turns features.hooks on, and remembers what it was.
func (r Registration) turnSwitch(c *dockerconfig.Config) error {
	was := cmp.Or(c.Get("features", "hooks"), unset)
	if err := c.Set("true", "features", "hooks"); err != nil {
		return err
	}
	return c.Set(was, "plugins", r.Plugin, formerSwitch)
}

// restoreSwitch makes features.hooks what it was before enable, unless somebody has changed it since.
func (r Registration) restoreSwitch(c *dockerconfig.Config) (bool, error) {
	was := c.Get("plugins", r.Plugin, formerSwitch)
	c.Remove("plugins", r.Plugin, formerSwitch)
	switch {
	case was == "" || c.Get("features", "hooks") != "true":
		return false, nil
	case was == unset:
		c.Remove("features", "hooks")
		return true, nil
	}
	return true, c.Set(was, "features", "hooks")
}

// others are what the user has added.
func (r Registration) others(c *dockerconfig.Config) []string {
	return slices.DeleteFunc(strings.Split(c.Get("plugins", r.Plugin, "error-hooks"), ","), func(hook string) bool {
		return hook == "" || slices.Contains(commands(), hook)
	})
}

func (r Registration) set(c *dockerconfig.Config, hooks []string) error {
	if len(hooks) == 0 {
		c.Remove("plugins", r.Plugin, "error-hooks")
		return nil
	}
	return c.Set(strings.Join(hooks, ","), "plugins", r.Plugin, "error-hooks")
}

// whySilent tells why docker runs no hook, in the order in which it decides.
func whySilent(lookup actions.Lookup, c *dockerconfig.Config) string {
	for _, variable := range []string{"DOCKER_CLI_HOOKS", "DOCKER_CLI_HINTS"} {
		value, _ := lookup(variable)
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
