package plugin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
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
	target cacheclient.Target

	planned   *reclaim.Plan
	deletions reclaim.Tally
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
func (r *pruneReport) plan(p *reclaim.Plan) error {
	r.planned, r.deletions = p, reclaim.Tally{}
	for v := range p.Deletions() {
		r.deletions.Count++
		r.deletions.Bytes += v.Size
	}
	if r.json {
		return nil
	}
	if !r.opts.dryRun {
		_, width := r.env.Docker.Err().GetTtySize()
		return ui.WriteTable(r.env.Stderr, view.PlanTotals(p), int(width))
	}
	out := r.env.output()
	if r.deletes() {
		if err := out.Table(append(view.PlanDeletions(p, out.Style), nil)); err != nil {
			return err
		}
	}
	return out.Table(view.PlanTotals(p))
}

func (r *pruneReport) deletes() bool { return r.deletions.Count > 0 }

// confirm asks, unless it was told not to.
func (r *pruneReport) confirm(ctx context.Context) (bool, error) {
	if r.opts.force {
		return true, nil
	}
	fmt.Fprintf(r.env.Stderr, "WARNING! This will delete %s of %s with %s.\nAre you sure you want to continue? [y/N] ",
		ui.Entries(r.deletions.Count), r.target, ui.Size(r.deletions.Bytes))
	answer := make(chan string, 1)
	go func() {
		line, err := r.stdin.ReadString('\n')
		if err != nil {
			fmt.Fprintln(r.env.Stderr) // the end is a no
		}
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(r.env.Stderr)
		return false, fmt.Errorf("nothing was deleted: %w", context.Cause(ctx))
	case line := <-answer:
		return line == "y" || line == "yes", nil
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
	case err != nil:
		return hint.With(fmt.Errorf("stopped: %w", err), "run it again to finish")
	case result.Failed.Count > 0:
		return exit(1)
	}
	return nil
}

func (r *pruneReport) object(result reclaim.Result) view.PlanJSON {
	if r.opts.dryRun {
		return view.NewPlanJSON(r.target.String(), r.planned, nil)
	}
	return view.NewPlanJSON(r.target.String(), r.planned, &result)
}

func (r *pruneReport) summarize(result reclaim.Result) {
	if r.opts.dryRun {
		fmt.Fprintf(r.env.Stdout, "\nTotal reclaimable space: %s\n", ui.Size(r.deletions.Bytes))
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
}
