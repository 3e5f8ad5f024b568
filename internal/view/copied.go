package view

import (
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cachecopy"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Copy says how far a copy is, and what it did.
type Copy struct {
	console ui.Console
	json    bool
	plan    *cachecopy.Plan
	bar     ui.Progress
	now     func() time.Time
}

// copyJSON is what migrate-v2 --copy --format json prints.
type copyJSON struct {
	cachecopy.Result
	IndexesThere []string `json:"indexes_there"` // that the target had
}

// NewCopy is for a copy that is going to be made.
func NewCopy(console ui.Console, plan *cachecopy.Plan, json bool, now func() time.Time) *Copy {
	return &Copy{console, json, plan, console.Progress("copying", len(plan.Layers)), now}
}

// redraw is how often the bar moves.
const redraw = 100 * time.Millisecond

// Progress draws a bar on a terminal. It is called by one at a time.
func (c *Copy) Progress() func(cachecopy.Progress) {
	total := ui.Size(c.plan.Bytes())
	var shown time.Time
	return func(p cachecopy.Progress) {
		if now := c.now(); now.Sub(shown) >= redraw {
			shown = now
			c.bar.Show(p.Layers, fmt.Sprintf("%s of %s", ui.Size(p.Bytes), total))
		}
	}
}

// Finish says what was done, and whether that is all. The error is that of the execution.
func (c *Copy) Finish(result cachecopy.Result, err error) (complete bool, _ error) {
	c.bar.Done()
	result.Left = append(result.Left, c.plan.Left...)
	if c.json {
		there := append([]string{}, c.plan.There...)
		if err := ui.WriteJSON(c.console.Stdout, copyJSON{result, there}); err != nil {
			return false, err
		}
	} else {
		c.text(result)
	}
	switch {
	case err != nil:
		return false, hint.With(fmt.Errorf("copying: %w", err), "run it again to go on")
	case len(result.Left) > 0:
		return false, nil
	}
	return true, nil
}

func (c *Copy) text(result cachecopy.Result) {
	out := c.console.Stdout
	for _, x := range result.Left {
		fmt.Fprintf(out, "not copied: %s: %s\n", ui.Style{}.Text(x.Key), ui.Line(x.Why))
		for _, digest := range x.Layers {
			fmt.Fprintf(out, "    %s\n", ui.Text(digest))
		}
	}
	fmt.Fprintf(out, "copied: %s, %s with %s\n", ui.Count(len(result.Indexes), "index", "indexes"), ui.Count(result.Layers, "layer", "layers"), ui.Size(result.Bytes))
	if result.There+len(c.plan.There) > 0 {
		fmt.Fprintf(out, "already there: %s, %s\n", ui.Count(len(c.plan.There), "index", "indexes"), ui.Count(result.There, "layer", "layers"))
	}
}
