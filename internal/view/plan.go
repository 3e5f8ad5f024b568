package view

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Plan is what prune is going to do, with GitHub's cache or a local one.
type Plan interface {
	Totals() []reclaim.Total
	Deletions() iter.Seq[*reclaim.Verdict] // in the order of their execution
}

// PlanJSON is what prune --format json prints.
type PlanJSON struct {
	Repository string       `json:"repository"`
	DryRun     bool         `json:"dry_run"`
	Totals     []totalJSON  `json:"totals"`
	Left       int64        `json:"left,omitempty"`   // bytes, with --keep-storage
	Entries    []deleteJSON `json:"entries"`          // to delete, in order
	Result     *resultJSON  `json:"result,omitempty"` // absent in a dry run
}

type totalJSON struct {
	Decision reclaim.Decision `json:"decision"`
	Class    reclaim.Class    `json:"class,omitempty"` // proven or likely, of what is unneeded
	Reason   reclaim.Reason   `json:"reason"`
	Entries  int              `json:"entries"`
	Bytes    int64            `json:"bytes"`
}

type deleteJSON struct {
	ID     int64          `json:"id"`
	Key    string         `json:"key"`
	Ref    string         `json:"ref"`
	Bytes  int64          `json:"bytes"`
	Class  reclaim.Class  `json:"class"` // proven or likely
	Reason reclaim.Reason `json:"reason"`
	Detail string         `json:"detail,omitempty"`
}

type resultJSON struct {
	Deleted   tallyJSON     `json:"deleted"`
	Failed    tallyJSON     `json:"failed"`
	Held      tallyJSON     `json:"held"`
	Needed    tallyJSON     `json:"needed"`
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

// NewPlanJSON is a plan with the bytes that it leaves and, if it was executed, what came of it.
func NewPlanJSON(repository string, plan Plan, left int64, executed *reclaim.Result) PlanJSON {
	out := PlanJSON{Repository: repository, DryRun: executed == nil, Totals: []totalJSON{}, Left: left, Entries: []deleteJSON{}}
	for _, t := range plan.Totals() {
		out.Totals = append(out.Totals, totalJSON{t.Decision, t.Class, t.Reason, t.Count, t.Bytes})
	}
	for v := range plan.Deletions() {
		out.Entries = append(out.Entries, deleteJSON{v.ID, v.Item.Entry.Key, v.Ref, v.Size, v.Class, v.Reason, v.Detail})
	}
	if executed != nil {
		out.Result = newResultJSON(*executed)
	}
	return out
}

func newResultJSON(result reclaim.Result) *resultJSON {
	out := &resultJSON{
		Deleted: tallyOf(result.Deleted), Failed: tallyOf(result.Failed),
		Held: tallyOf(result.Held), Needed: tallyOf(result.Needed), Unreached: tallyOf(result.Skipped), Failures: []failureJSON{},
	}
	for _, f := range result.Failures {
		out.Failures = append(out.Failures, failureJSON{f.ID, f.Err.Error()})
	}
	return out
}

func tallyOf(t reclaim.Tally) tallyJSON { return tallyJSON{t.Count, t.Bytes} }

// PlanTotals is how much goes and stays, by reason.
func PlanTotals(plan Plan) [][]string {
	totals := [][]string{{"DECISION", "REASON", "ENTRIES", "SIZE"}}
	for _, t := range plan.Totals() {
		totals = append(totals, []string{decisionOf(t), string(t.Reason), strconv.Itoa(t.Count), ui.Size(t.Bytes)})
	}
	return totals
}

// decisionOf is the class of what is not needed, and what happens to the rest.
func decisionOf(t reclaim.Total) string {
	switch {
	case t.Class == reclaim.Likely && t.Decision == reclaim.Delete:
		return "delete (likely)"
	case t.Class == reclaim.Likely:
		return "likely"
	}
	return string(t.Decision)
}

// PlanDeletions is each entry that would be deleted.
func PlanDeletions(plan Plan, style ui.Style) [][]string {
	rows := [][]string{{"ID", "KIND", "SCOPE", "REF", "SIZE", "REASON"}}
	for v := range plan.Deletions() {
		row := entryRow{style, v.Item}
		rows = append(rows, []string{row.ID(), row.Kind(), row.Scope(), row.Ref(), row.Size(), reasonOf(v)})
	}
	return rows
}

func reasonOf(v *reclaim.Verdict) string {
	if v.Detail == "" {
		return string(v.Reason)
	}
	return fmt.Sprintf("%s (%s)", v.Reason, ui.Text(v.Detail))
}
