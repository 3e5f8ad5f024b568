package pruning

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker/cli/opts"
)

// asked are the options that prune has by default, and others.
func asked(change func(*Options)) Options {
	o := Options{Filter: opts.NewFilterOpt(), KeepVersions: reclaim.CurrentVersions, Grace: reclaim.DefaultGrace, Force: true}
	change(&o)
	return o
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"entries of other tools alone":        {func(o *Options) { o.IncludeOther = true }, "--include-other goes with"},
		"everything, but less":                {func(o *Options) { o.All, o.Closed = true, true }, "--all deletes everything"},
		"everything, until a size is left":    {func(o *Options) { o.All, o.KeepStorage = true, "8GB" }, "--all deletes everything"},
		"single entries, but all":             {func(o *Options) { o.IDs, o.All = []int64{1}, true }, "--id and --key select single entries"},
		"no version of an index":              {func(o *Options) { o.KeepVersions = 0 }, "would delete every index"},
		"a grace below zero":                  {func(o *Options) { o.Grace = -time.Second }, "is negative"},
		"a state that there is not":           {func(o *Options) { o.States = []string{"live"} }, `unknown state "live"`},
		"a size that is none":                 {func(o *Options) { o.KeepStorage = "much" }, `"much" is not a size`},
		"a pattern that is none":              {func(o *Options) { o.Scopes = []string{"["} }, "reading pattern"},
		"tags, which only a local cache has":  {func(o *Options) { o.KeepTags = []string{"main"} }, "goes with --local"},
		"to ask where nobody is":              {func(o *Options) { o.Force = false }, "cannot ask for confirmation"},
		"a local cache by an unknown pattern": {func(o *Options) { o.Local, o.KeepTags = "cache", []string{"["} }, "reading pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			o := asked(c.change)
			var err error
			if o.Local != "" {
				_, err = Local(t.Context(), ui.Console{}, o, servertest.Noon())
			} else {
				_, err = New(ui.Console{}, o, servertest.Noon)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !hint.IsUsage(err) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Old versions of indexes are not read where they are deleted, because reading puts their eviction off.
func TestSelectionKnowsWhetherOldVersionsGo(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Options)
		want   bool
	}{
		"nothing is selected":         {func(*Options) {}, true},
		"old versions are":            {func(o *Options) { o.Superseded = true }, true},
		"a number of versions is":     {func(o *Options) { o.Closed, o.KeepVersions = true, 1 }, true},
		"what ls calls superseded is": {func(o *Options) { o.States = []string{"superseded"} }, true},
		"a scope is":                  {func(o *Options) { o.Scopes = []string{"app"} }, false},
		"closed refs are":             {func(o *Options) { o.Closed = true }, false},
		"an entry is":                 {func(o *Options) { o.IDs = []int64{1} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := asked(c.change).selection(servertest.Noon())
			if err != nil || s.deletes != c.want {
				t.Errorf("got %v, %v", s.deletes, err)
			}
		})
	}
}
