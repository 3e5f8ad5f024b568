package plugin

import "github.com/docker-ghacache/docker-ghacache/internal/reclaim"

// pruneJSON is what prune --format json prints.
type pruneJSON struct {
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

func (r *pruneReport) object(result reclaim.Result) pruneJSON {
	out := pruneJSON{Repository: r.target.String(), DryRun: r.opts.dryRun, Totals: []totalJSON{}, Left: r.planned.Left, Entries: []deleteJSON{}}
	for _, t := range r.planned.Totals() {
		out.Totals = append(out.Totals, totalJSON{t.Decision, t.Class, t.Reason, t.Count, t.Bytes})
	}
	for v := range r.planned.Deletions() {
		out.Entries = append(out.Entries, deleteJSON{v.ID, v.Item.Entry.Key, v.Ref, v.Size, v.Class, v.Reason, v.Detail})
	}
	if r.opts.dryRun {
		return out
	}
	out.Result = &resultJSON{
		Deleted: tallyOf(result.Deleted), Failed: tallyOf(result.Failed),
		Held: tallyOf(result.Held), Needed: tallyOf(result.Needed), Unreached: tallyOf(result.Skipped), Failures: []failureJSON{},
	}
	for _, f := range result.Failures {
		out.Result.Failures = append(out.Result.Failures, failureJSON{f.ID, f.Err.Error()})
	}
	return out
}

func tallyOf(t reclaim.Tally) tallyJSON { return tallyJSON{t.Count, t.Bytes} }
