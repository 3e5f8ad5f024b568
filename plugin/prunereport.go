package plugin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/cli/command/formatter/tabwriter"
)

// pruneReport says what prune is going to do and what it did: to a reader, or
// as one JSON object at the end.
type pruneReport struct {
	env  *Env
	json bool
	opts pruneOptions

	planned   *reclaim.Plan
	deletions reclaim.Tally
	target    cacheclient.Target
	executed  *reclaim.Result
}

func (e *Env) pruneReport(o pruneOptions) (*pruneReport, error) {
	if err := checkFormat(o.format); err != nil {
		return nil, err
	}
	return &pruneReport{env: e, json: o.format == "json", opts: o}, nil
}

func (r *pruneReport) plan(p *reclaim.Plan, target cacheclient.Target) {
	r.planned, r.target, r.deletions = p, target, reclaim.Tally{}
	for v := range p.Deletions() {
		r.deletions.Count++
		r.deletions.Bytes += v.Size
	}
	if r.json {
		return
	}
	out := r.env.Stdout
	if r.opts.dryRun {
		r.list(out)
	}
	tw := tabwriter.NewWriter(out, 10, 1, 3, ' ', 0)
	fmt.Fprintln(tw, "DECISION\tREASON\tENTRIES\tSIZE")
	for _, t := range p.Totals() {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\n", t.Decision, t.Reason, t.Count, humanSize(t.Bytes))
	}
	tw.Flush()
}

// list shows each entry that would go.
func (r *pruneReport) list(out io.Writer) {
	if !r.deletes() {
		return
	}
	tw := tabwriter.NewWriter(out, 10, 1, 3, ' ', 0)
	fmt.Fprintln(tw, "ID\tKIND\tSCOPE\tREF\tSIZE\tREASON")
	for v := range r.planned.Deletions() {
		row := entryRow{item: v.Item}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", row.ID(), row.Kind(), row.Scope(), row.Ref(), row.Size(), reasonOf(v))
	}
	tw.Flush()
	fmt.Fprintln(out)
}

func reasonOf(v *reclaim.Verdict) string {
	if v.Detail == "" {
		return string(v.Reason)
	}
	return fmt.Sprintf("%s (%s)", v.Reason, v.Detail)
}

func (r *pruneReport) deletes() bool { return r.deletions.Count > 0 }

// confirm asks, where there is somebody to ask.
func (r *pruneReport) confirm(ctx context.Context) error {
	if r.opts.force {
		return nil
	}
	if !r.env.Docker.In().IsTerminal() || r.json {
		return ui.WithHint(errors.New("nobody can be asked before deleting"), "docker ghacache prune --force\ndocker ghacache prune --dry-run")
	}
	fmt.Fprintf(r.env.Stderr, "WARNING! This will delete %d entries of %s with %s.\nAre you sure you want to continue? [y/N] ",
		r.deletions.Count, r.target, humanSize(r.deletions.Bytes))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(r.env.Stdin).ReadString('\n') // its end is a no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(r.env.Stderr)
		return context.Cause(ctx)
	case line := <-answer:
		if line != "y" && line != "yes" {
			return errors.New("nothing was deleted")
		}
		return nil
	}
}

// progress draws a bar on a terminal, and reports failures as they come.
func (r *pruneReport) progress() func(reclaim.Progress) {
	bar := ui.Progress{Label: "deleting", Total: r.deletions.Count}
	if r.env.Docker.Err().IsTerminal() {
		bar.W = r.env.Stderr
	}
	var bytes int64
	return func(p reclaim.Progress) {
		if p.Err != nil {
			bar.Done()
			r.env.notes().Note(ui.Warning, fmt.Sprintf("deleting entry %d: %v", p.ID, p.Err), ui.HintOf(p.Err))
		} else {
			bytes += p.Size
		}
		bar.Show(p.Done, humanSize(bytes))
		if p.Done == bar.Total {
			bar.Done()
		}
	}
}

func (r *pruneReport) result(result reclaim.Result) {
	r.executed = &result
	if r.json {
		return
	}
	for _, part := range []struct {
		what  string
		tally reclaim.Tally
	}{
		{"failed", result.Failed},
		{"held back, because their index could not be deleted", result.Held},
		{"not reached", result.Skipped},
	} {
		if part.tally.Count > 0 {
			fmt.Fprintf(r.env.Stderr, "%d entries with %s: %s\n", part.tally.Count, humanSize(part.tally.Bytes), part.what)
		}
	}
	fmt.Fprintf(r.env.Stdout, "Total reclaimed space: %s\n", humanSize(result.Deleted.Bytes))
}

// finish writes what is written at the end and tells the exit code.
func (r *pruneReport) finish() error {
	if r.json {
		if err := r.writeJSON(); err != nil {
			return err
		}
	}
	if r.executed != nil && r.executed.Failed.Count > 0 {
		return exit(1)
	}
	return nil
}

type pruneJSON struct {
	Repository string       `json:"repository"`
	DryRun     bool         `json:"dry_run"`
	Totals     []totalJSON  `json:"totals"`
	Entries    []deleteJSON `json:"entries"`          // to delete, in order
	Result     *resultJSON  `json:"result,omitempty"` // absent where nothing was executed
}

type totalJSON struct {
	Decision reclaim.Decision `json:"decision"`
	Reason   reclaim.Reason   `json:"reason"`
	Entries  int              `json:"entries"`
	Bytes    int64            `json:"bytes"`
}

type deleteJSON struct {
	ID     int64          `json:"id"`
	Key    string         `json:"key"`
	Ref    string         `json:"ref"`
	Bytes  int64          `json:"bytes"`
	Reason reclaim.Reason `json:"reason"`
	Detail string         `json:"detail,omitempty"`
}

type resultJSON struct {
	Deleted   tallyJSON     `json:"deleted"`
	Failed    tallyJSON     `json:"failed"`
	Held      tallyJSON     `json:"held"`
	Unreached tallyJSON     `json:"unreached"`
	Failures  []failureJSON `json:"failures"`
}

type tallyJSON struct {
	Entries int   `json:"entries"`
	Bytes   int64 `json:"bytes"`
}

type failureJSON struct {
	ID    int64  `json:"id"`
	Error string `json:"error"`
}

func (r *pruneReport) writeJSON() error {
	out := pruneJSON{Repository: r.target.String(), DryRun: r.opts.dryRun, Totals: []totalJSON{}, Entries: []deleteJSON{}}
	for _, t := range r.planned.Totals() {
		out.Totals = append(out.Totals, totalJSON{t.Decision, t.Reason, t.Count, t.Bytes})
	}
	for v := range r.planned.Deletions() {
		out.Entries = append(out.Entries, deleteJSON{v.ID, v.Item.Entry.Key, v.Ref, v.Size, v.Reason, v.Detail})
	}
	if r.executed != nil {
		out.Result = &resultJSON{
			Deleted: tallyOf(r.executed.Deleted), Failed: tallyOf(r.executed.Failed),
			Held: tallyOf(r.executed.Held), Unreached: tallyOf(r.executed.Skipped), Failures: []failureJSON{},
		}
		for _, f := range r.executed.Failures {
			out.Result.Failures = append(out.Result.Failures, failureJSON{f.ID, f.Err.Error()})
		}
	}
	encoder := json.NewEncoder(r.env.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}

func tallyOf(t reclaim.Tally) tallyJSON { return tallyJSON{t.Count, t.Bytes} }
