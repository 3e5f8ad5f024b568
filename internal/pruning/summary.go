package pruning

import (
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// missed is the error that more is left than --keep-storage allows.
func (r *report) missed() error {
	if r.left <= r.policy.KeepStorage {
		return nil
	}
	var held []string
	var fixes []string
	for _, t := range r.planned.Totals() {
		if t.Decision == reclaim.Delete || t.Reason == reclaim.OtherTool && !r.policy.Other {
			continue
		}
		held = append(held, fmt.Sprintf("%s %s", ui.Size(t.Bytes), t.Reason))
		if t.Reason == reclaim.Young || t.Reason == reclaim.Needed && len(r.policy.Runs.Runs) == 0 {
			fixes = append(fixes, "--grace 0s   # also deletes new entries")
		}
	}
	if r.likely.Count > 0 || !r.policy.Likely {
		fixes = append(fixes, "--likely   # also deletes what probably no build needs")
	}
	return hint.With(fmt.Errorf("%s are left, which is more than %s: %s",
		ui.Size(r.left), ui.Size(r.policy.KeepStorage), strings.Join(held, ", ")), strings.Join(fixes, "\n"))
}

func (r *report) object(result reclaim.Result) view.PlanJSON {
	if r.opts.DryRun {
		return view.NewPlanJSON(r.target.String(), r.planned, r.left, nil)
	}
	return view.NewPlanJSON(r.target.String(), r.planned, r.left, &result)
}

func (r *report) summarize(result reclaim.Result) {
	if r.opts.DryRun {
		fmt.Fprintf(r.Stdout, "\nTotal reclaimable space: %s\n", ui.Size(r.deletions.Bytes))
		r.noteLikely()
		return
	}
	for _, part := range []struct {
		what  string
		tally reclaim.Tally
	}{
		{"deleted", result.Deleted},
		{"failed", result.Failed},
		{"held back, because their index could not be deleted", result.Held},
		{"left, because a build has come to need them", result.Needed},
		{"not reached", result.Skipped},
	} {
		if part.tally.Count > 0 {
			fmt.Fprintf(r.Stderr, "%s with %s: %s\n", ui.Entries(part.tally.Count), ui.Size(part.tally.Bytes), part.what)
		}
	}
	fmt.Fprintf(r.Stdout, "Total reclaimed space: %s\n", ui.Size(result.Deleted.Bytes))
	r.noteLikely()
}

// noteLikely says how much more there is to delete.
func (r *report) noteLikely() {
	if r.likely.Count > 0 {
		r.Notes.Note(ui.Info, fmt.Sprintf("kept, but likely unneeded: %s with %s", ui.Entries(r.likely.Count), ui.Size(r.likely.Bytes)),
			"docker ghacache prune --likely   # if that is wrong, the next build runs one step again")
	}
}
