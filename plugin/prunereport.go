package plugin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

// pruneReport says what prune is going to do and what it did: to a reader, or
// as one JSON object at the end.
type pruneReport struct {
	env    *Env
	json   bool
	opts   pruneOptions
	stdin  *bufio.Reader
	target fmt.Stringer // whose caches

	planned   view.Plan // nil before there is one
	left      int64     // bytes that it leaves, with --keep-storage
	policy    reclaim.Policy
	deletions reclaim.Tally
	likely    reclaim.Tally // what more would be deleted with --likely
	bar       ui.Progress
}

// pruneReport fails where no terminal is there to ask for confirmation.
func (e *Env) pruneReport(o pruneOptions) (*pruneReport, error) {
	if err := checkFormat(o.format); err != nil {
		return nil, err
	}
	r := &pruneReport{env: e, json: o.format == "json", opts: o, stdin: bufio.NewReader(e.Stdin)}
	if !o.force && !o.dryRun && (r.json || !e.Docker.In().IsTerminal()) {
		return nil, usage(errors.New("cannot ask for confirmation without a terminal"), "--force   # deletes without asking\n--dry-run   # shows the plan")
	}
	return r, nil
}

// plan shows what will go and what stays, by reason.
func (r *pruneReport) plan(full *reclaim.Plan, policy reclaim.Policy) error {
	r.policy = policy
	chosen := choose(full, policy)
	r.chosen(chosen, chosen.Left)
	return r.show()
}

func (r *pruneReport) show() error {
	if r.json {
		return nil
	}
	if !r.opts.dryRun {
		_, width := r.env.Docker.Err().GetTtySize()
		return ui.WriteTable(r.env.Stderr, view.PlanTotals(r.planned), int(width))
	}
	out := r.env.output()
	if r.deletes() {
		if err := out.Table(append(view.PlanDeletions(r.planned, out.Style), nil)); err != nil {
			return err
		}
	}
	return out.Table(view.PlanTotals(r.planned))
}

// chosen takes the plan that is executed, and the bytes that it leaves.
func (r *pruneReport) chosen(plan view.Plan, left int64) {
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

func (r *pruneReport) deletes() bool { return r.deletions.Count > 0 }

// asks reports whether there is something to delete, or to ask for.
func (r *pruneReport) asks() bool {
	return r.deletes() || r.likely.Count > 0 && !r.opts.force && r.policy.KeepStorage == 0
}

// answer is that to the question whether to delete.
type answer int

const (
	no answer = iota
	yes
	yesLikely // delete what is likely, too
)

// confirm asks, unless it was told not to.
func (r *pruneReport) confirm(ctx context.Context) (answer, error) {
	agreed := yes
	if r.policy.Likely {
		agreed = yesLikely
	}
	if r.opts.force {
		return agreed, nil
	}
	fmt.Fprintf(r.env.Stderr, "WARNING! This will delete %s of %s with %s.\n", ui.Entries(r.deletions.Count), ui.Text(r.target.String()), ui.Size(r.deletions.Bytes))
	question := "Are you sure you want to continue? [y/N] "
	if r.likely.Count > 0 && r.policy.KeepStorage == 0 {
		fmt.Fprintf(r.env.Stderr, "%s more with %s are likely unneeded. If that is wrong, the next build runs one step again.\n",
			ui.Entries(r.likely.Count), ui.Size(r.likely.Bytes))
		question = "Are you sure you want to continue? Answer \"likely\" to delete these as well. [y/N] "
	}
	fmt.Fprint(r.env.Stderr, question)
	answered := make(chan string, 1)
	go func() {
		line, err := r.stdin.ReadString('\n')
		if err != nil {
			fmt.Fprintln(r.env.Stderr) // the end is a no
		}
		answered <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(r.env.Stderr)
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

// shownFailures is how many failures are told one by one.
const shownFailures = 10

// progress draws a bar on a terminal, and reports failures as they come.
func (r *pruneReport) progress() func(reclaim.Progress) {
	r.bar = ui.Progress{Label: "deleting", Total: r.deletions.Count}
	if r.env.Docker.Err().IsTerminal() {
		r.bar.W = r.env.Stderr
	}
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
			r.env.notes().Note(ui.Warning, p.Err.Error(), hint)
		}
		r.bar.Show(p.Done, ui.Size(bytes))
	}
}

// finish says what was done, and tells the exit code. The error is that of the
// execution.
func (r *pruneReport) finish(result reclaim.Result, err error) error {
	r.bar.Done()
	if r.json {
		if err := ui.WriteJSON(r.env.Stdout, r.object(result)); err != nil {
			return err
		}
	} else {
		r.summarize(result)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return err
	case err != nil:
		return hint.With(fmt.Errorf("stopped: %w", err), r.opts.command()+"   # deletes the rest")
	case result.Failed.Count > 0:
		return exit(1)
	}
	return r.missed()
}

// missed is the error that more is left than --keep-storage allows.
func (r *pruneReport) missed() error {
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

func (r *pruneReport) object(result reclaim.Result) view.PlanJSON {
	if r.opts.dryRun {
		return view.NewPlanJSON(r.target.String(), r.planned, r.left, nil)
	}
	return view.NewPlanJSON(r.target.String(), r.planned, r.left, &result)
}

func (r *pruneReport) summarize(result reclaim.Result) {
	if r.opts.dryRun {
		fmt.Fprintf(r.env.Stdout, "\nTotal reclaimable space: %s\n", ui.Size(r.deletions.Bytes))
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
			fmt.Fprintf(r.env.Stderr, "%s with %s: %s\n", ui.Entries(part.tally.Count), ui.Size(part.tally.Bytes), part.what)
		}
	}
	fmt.Fprintf(r.env.Stdout, "Total reclaimed space: %s\n", ui.Size(result.Deleted.Bytes))
	r.noteLikely()
}

// noteLikely says how much more there is to delete.
func (r *pruneReport) noteLikely() {
	if r.likely.Count > 0 {
		r.env.notes().Note(ui.Info, fmt.Sprintf("kept, but likely unneeded: %s with %s", ui.Entries(r.likely.Count), ui.Size(r.likely.Bytes)),
			"docker ghacache prune --likely   # if that is wrong, the next build runs one step again")
	}
}
