//go:build !linux

package plugin

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
)

// newMountsHelperCommand is for builders, which run linux.
func newMountsHelperCommand() *cobra.Command {
	return &cobra.Command{Use: mounts.SelfArg, Hidden: true, RunE: func(*cobra.Command, []string) error {
		return errors.New("the helper runs on linux only")
	}}
}
