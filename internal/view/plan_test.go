package view

import (
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

func TestAPlanIsTheSameInEveryForm(t *testing.T) {
	a, _ := example(t, everyRef)
	plan := reclaim.NewPlan(a, reclaim.Policy{Grace: 24 * time.Hour, Runs: bkcache.Runs{Asked: servertest.Noon()}}, servertest.Noon())
	object := NewPlanJSON("octo/app", plan, plan.Left, nil)
	rows := PlanDeletions(plan, ui.Style{})
	if len(object.Entries) == 0 || len(rows) != len(object.Entries)+1 {
		t.Fatalf("%d deletions in JSON, %d rows", len(object.Entries), len(rows))
	}
	entries := 0
	for _, total := range object.Totals {
		entries += total.Entries
	}
	if totals := PlanTotals(plan); entries != len(a.Items) || len(totals) != len(object.Totals)+1 {
		t.Errorf("totals of %d entries, %d rows", entries, len(totals))
	}
	if !object.DryRun || object.Result != nil {
		t.Errorf("a plan that was not executed: %+v", object)
	}
	if object = NewPlanJSON("octo/app", plan, plan.Left, &reclaim.Result{}); object.DryRun || object.Result == nil || object.Result.Failures == nil {
		t.Errorf("a plan that was executed: %+v", object)
	}
}
