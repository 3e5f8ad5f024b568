package builders

import (
	"context"
	"fmt"
	"sync"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/store/storeutil"
	"github.com/docker/cli/cli/command"
)

// All lists every builder of buildx, those of docker contexts included, and asks
// their nodes as [Resolve] does, all at the same time.
func All(ctx context.Context, dockerCLI command.Cli) ([]*Builder, error) {
	loaded, err := openAll(dockerCLI)
	if err != nil {
		return nil, fmt.Errorf("listing builders: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all := make([]*Builder, len(loaded))
	var asked sync.WaitGroup
	for i := range loaded {
		asked.Go(func() { all[i] = load(ctx, dockerCLI, loaded[i], nil) })
	}
	asked.Wait()
	return all, nil
}

func openAll(dockerCLI command.Cli) ([]*builder.Builder, error) {
	txn, release, err := storeutil.GetStore(dockerCLI)
	if err != nil {
		return nil, err
	}
	defer release()
	return builder.GetBuilders(dockerCLI, txn)
}

// Current is the name of the current builder, empty if that cannot be told.
func Current(dockerCLI command.Cli) string {
	b, err := open(dockerCLI, "")
	if err != nil {
		return ""
	}
	return b.Name
}

// Chosen is the builder that was asked for; empty means the current one. buildx reads
// its variable as the default of its flag, so that --builder= chooses the current one
// whatever the variable says.
func Chosen(lookup func(string) (string, bool), flag string, given bool) string {
	if given {
		return flag
	}
	variable, _ := lookup("BUILDX_BUILDER")
	return variable
}
