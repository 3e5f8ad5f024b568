package plugin

import (
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cachecopy"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// copyReport says how far a copy is, and what it did.
type copyReport struct {
	env  *Env
	json bool
	plan *cachecopy.Plan
	bar  ui.Progress
}

// copyJSON is what migrate-v2 --copy --format json prints.
type copyJSON struct {
	cachecopy.Result
	IndexesThere []string `json:"indexes_there"` // that the target had
}

func (e *Env) copyReport(o migrateOptions, plan *cachecopy.Plan) *copyReport {
	r := &copyReport{env: e, json: o.format == "json", plan: plan, bar: ui.Progress{Label: "copying", Total: len(plan.Layers)}}
	if e.Docker.Err().IsTerminal() {
		r.bar.W = e.Stderr
	}
	return r
}

// redraw is how often the bar moves.
const redraw = 100 * time.Millisecond

// progress is called by one at a time.
func (r *copyReport) progress() func(cachecopy.Progress) {
	total := ui.Size(r.plan.Bytes())
	var shown time.Time
	return func(p cachecopy.Progress) {
		if now := r.env.Now(); now.Sub(shown) >= redraw {
			shown = now
			r.bar.Show(p.Layers, fmt.Sprintf("%s of %s", ui.Size(p.Bytes), total))
		}
	}
}

// finish says what was done, and tells the exit code. The error is that of the
// execution.
func (r *copyReport) finish(result cachecopy.Result, err error) error {
	r.bar.Done()
	result.Left = append(result.Left, r.plan.Left...)
	if r.json {
		there := append([]string{}, r.plan.There...)
		if err := ui.WriteJSON(r.env.Stdout, copyJSON{result, there}); err != nil {
			return err
		}
	} else {
		r.text(result)
	}
	switch {
	case err != nil:
		return hint.With(fmt.Errorf("copying: %w", err), "run it again to go on")
	case len(result.Left) > 0:
		return exit(1)
	}
	return nil
}

func (r *copyReport) text(result cachecopy.Result) {
	out := r.env.Stdout
	for _, x := range result.Left {
		fmt.Fprintf(out, "not copied: %s: %s\n", ui.Style{}.Text(x.Key), ui.Style{}.Text(x.Why))
		for _, digest := range x.Layers {
			fmt.Fprintf(out, "    %s\n", digest)
		}
	}
	fmt.Fprintf(out, "copied: %s, %s with %s\n", ui.Count(len(result.Indexes), "index", "indexes"), ui.Count(result.Layers, "layer", "layers"), ui.Size(result.Bytes))
	if result.There+len(r.plan.There) > 0 {
		fmt.Fprintf(out, "were there: %s, %s\n", ui.Count(len(r.plan.There), "index", "indexes"), ui.Count(result.There, "layer", "layers"))
	}
}
