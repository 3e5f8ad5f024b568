package plugin

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts/archive"
)

// newMountsHelperCommand makes this program the helper inside a builder, where no smaller one was embedded.
func newMountsHelperCommand() *cobra.Command {
	return &cobra.Command{
		Use:    mounts.SelfArg,
		Hidden: true,
		Args:   cobra.NoArgs,
		// There is no docker in a builder to ask for its configuration.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(*cobra.Command, []string) error { return archive.Help(os.Getenv) },
	}
}
