package pruning

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// report says what prune is going to do and what it did: to a reader, or
// as one JSON object at the end.
type report struct {
	ui.Console
	opts   Options
	stdin  *bufio.Reader
	target fmt.Stringer // whose caches

	planned   view.Plan // nil before there is one
	left      int64     // bytes that it leaves, with --keep-storage
	policy    reclaim.Policy
	deletions reclaim.Tally
	likely    reclaim.Tally // what more would be deleted with --likely
	bar       ui.Progress
}

// newReport fails where no terminal is there to ask for confirmation.
func newReport(console ui.Console, o Options) (*report, error) {
	if !o.Force && !o.DryRun && (o.JSON || !console.Asks) {
		return nil, hint.Usage(errors.New("cannot ask for confirmation without a terminal"), "--force   # deletes without asking\n--dry-run   # shows the plan")
	}
	return &report{Console: console, opts: o, stdin: bufio.NewReader(console.Stdin)}, nil
}

// plan shows what will go and what stays, by reason.
func (r *report) plan(full *reclaim.Plan, policy reclaim.Policy) error {
	r.policy = policy
	chosen := choose(full, policy)
	r.chosen(chosen, chosen.Left)
	return r.show()
}

func (r *report) show() error {
	if r.opts.JSON {
		return nil
	}
	if !r.opts.DryRun {
		return r.Stderr.Table(view.PlanTotals(r.planned))
	}
	if r.deletes() {
		if err := r.Stdout.Table(append(view.PlanDeletions(r.planned, r.Stdout.Style), nil)); err != nil {
			return err
		}
	}
	return r.Stdout.Table(view.PlanTotals(r.planned))
}

// chosen takes the plan that is executed, and the bytes that it leaves.
func (r *report) chosen(plan view.Plan, left int64) {
	r.planned, r.left, r.deletions, r.likely = plan, left, reclaim.Tally{}, reclaim.Tally{}
	for _, t := range plan.Totals() {
		switch {
		case t.Decision == reclaim.Delete:
			r.deletions.Count += t.Count
			r.deletions.Bytes += t.Bytes
		case t.Class == reclaim.Likely:
			r.likely.Count += t.Count
			r.likely.Bytes += t.Bytes
		}
	}
}

func (r *report) deletes() bool { return r.deletions.Count > 0 }

// asks reports whether there is something to delete, or to ask for.
func (r *report) asks() bool {
	return r.deletes() || r.likely.Count > 0 && !r.opts.Force && r.policy.KeepStorage == 0
}

// shownFailures is how many failures are told one by one.
const shownFailures = 10

// progress draws a bar on a terminal, and reports failures as they come.
func (r *report) progress() func(reclaim.Progress) {
	r.bar = r.Progress("deleting", r.deletions.Count)
	var bytes int64
	failures, hints := 0, map[string]bool{}
	return func(p reclaim.Progress) {
		if p.Err == nil {
			bytes += p.Size
		} else if failures++; failures <= shownFailures {
			r.bar.Done()
			hint := hint.Of(p.Err)
			if hints[hint] {
				hint = ""
			}
			hints[hint] = true
			r.Notes.Note(ui.Warning, p.Err.Error(), hint)
		}
		r.bar.Show(p.Done, ui.Size(bytes))
	}
}

// finish says what was done, and whether that is all of the plan. The error is that of the
// execution.
func (r *report) finish(result reclaim.Result, err error) (complete bool, _ error) {
	r.bar.Done()
	if r.opts.JSON {
		if err := ui.WriteJSON(r.Stdout, r.object(result)); err != nil {
			return false, err
		}
	} else {
		r.summarize(result)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return false, err
	case err != nil:
		return false, hint.With(fmt.Errorf("stopped: %w", err), r.opts.command()+"   # deletes the rest")
	case result.Failed.Count > 0:
		return false, nil
	}
	return true, r.missed()
}
