package localcache_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/localcache"
)

func TestWhoIsAloneInAFolder(t *testing.T) {
	dir := t.TempDir()
	one, two := localcache.Enter(t.Context(), dir), localcache.Enter(t.Context(), dir)
	if alone, err := one.Alone(); alone || err != nil {
		t.Fatalf("alone beside another build: %v, %v", alone, err)
	}
	two.Leave()
	if alone, err := one.Alone(); !alone || err != nil {
		t.Fatalf("not alone: %v, %v", alone, err)
	}
	entered := make(chan *localcache.Presence)
	go func() { entered <- localcache.Enter(t.Context(), dir) }()
	select {
	case <-entered:
		t.Fatal("a build did not wait for who deletes")
	case <-time.After(100 * time.Millisecond):
	}
	one.Leave()
	(<-entered).Leave()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the folder has %v, %v", left, err)
	}
}

func TestABuildDoesNotFailForAFolderThatIsNotThere(t *testing.T) {
	localcache.Enter(t.Context(), t.TempDir()+"/none").Leave()
	p := localcache.Enter(t.Context(), t.TempDir()+"/none")
	defer p.Leave()
	if alone, err := p.Alone(); alone || err == nil {
		t.Errorf("alone in no folder: %v, %v", alone, err)
	}
}

// An execution whose time is over before it has the lock deletes nothing.
func TestAnExecutionWithoutTime(t *testing.T) {
	f := newFolder(t)
	f.export("latest", "a")
	f.layer("garbage")
	plan := localcache.NewPlan(f.read(), grace, soon())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := plan.Execute(ctx); err == nil {
		t.Error("executed without time")
	}
	if len(f.blobs()) != 4 {
		t.Errorf("%d blobs are left", len(f.blobs()))
	}
}

// What a build has come to need since the plan was made stays.
func TestABuildBetweenPlanAndExecution(t *testing.T) {
	f := newFolder(t)
	f.export("latest", "a")
	old := f.layer("old")
	f.layer("older")
	plan := localcache.NewPlan(f.read(), grace, soon())
	f.put("new", f.manifest(true, old))
	result, err := plan.Execute(t.Context())
	check(t, err)
	if f.whole(); result.Needed.Count != 1 || result.Deleted.Count != 1 {
		t.Errorf("%+v", result)
	}
}

// A tag that a build has written since the plan was made stays.
func TestATagThatWasWrittenAgain(t *testing.T) {
	f := newFolder(t)
	f.export("keep", "a")
	f.export("drop", "b")
	plan := localcache.NewPlan(f.read(), localcache.Policy{KeepTag: only("keep")}, soon())
	f.export("drop", "b", "c")
	result, err := plan.Execute(t.Context())
	check(t, err)
	// Its former manifest and config go.
	if f.whole(); len(f.read().Tags()) != 2 || result.Needed.Count != 1 {
		t.Errorf("%v %+v", f.read().Tags(), result)
	}
}
