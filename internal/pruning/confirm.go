package pruning

import (
	"context"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// answer is that to the question whether to delete.
type answer int

const (
	no answer = iota
	yes
	yesLikely // delete what is likely, too
)

// confirm asks, unless it was told not to.
func (r *report) confirm(ctx context.Context) (answer, error) {
	agreed := yes
	if r.policy.Likely {
		agreed = yesLikely
	}
	if r.opts.Force {
		return agreed, nil
	}
	fmt.Fprintf(r.Stderr, "WARNING! This will delete %s of %s with %s.\n", ui.Entries(r.deletions.Count), ui.Text(r.target.String()), ui.Size(r.deletions.Bytes))
	question := "Are you sure you want to continue? [y/N] "
	if r.likely.Count > 0 && r.policy.KeepStorage == 0 {
		fmt.Fprintf(r.Stderr, "%s more with %s are likely unneeded. If that is wrong, the next build runs one step again.\n",
			ui.Entries(r.likely.Count), ui.Size(r.likely.Bytes))
		question = "Are you sure you want to continue? Answer \"likely\" to delete these as well. [y/N] "
	}
	fmt.Fprint(r.Stderr, question)
	answered := make(chan string, 1)
	go func() {
		line, err := r.stdin.ReadString('\n')
		if err != nil {
			fmt.Fprintln(r.Stderr) // the end is a no
		}
		answered <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(r.Stderr)
		return no, fmt.Errorf("nothing was deleted: %w", context.Cause(ctx))
	case line := <-answered:
		switch line {
		case "y", "yes":
			return agreed, nil
		case "l", "likely":
			return yesLikely, nil
		}
		return no, nil
	}
}
