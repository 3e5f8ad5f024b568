package builders

import (
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/cli/cli-plugins/manager"
	"github.com/docker/cli/cli/config"
	"github.com/spf13/cobra"
)

// ComposeVersion is what the compose plugin that docker would run says of
// itself, empty if there is none.
func ComposeVersion(dockerCLI config.Provider) (string, error) {
	p, err := manager.GetPlugin("compose", dockerCLI, &cobra.Command{})
	if errdefs.IsNotFound(err) {
		return "", nil
	}
	if err == nil {
		err = p.Err
	}
	if err != nil {
		return "", fmt.Errorf("looking for compose: %w", err)
	}
	return p.Version, nil
}
