package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Exported is what a build wrote to the cache.
type Exported struct {
	Scopes  []ExportedScope
	Began   time.Time     // the build, by the clock of the service
	Took    time.Duration // the build, export included
	Deleted reclaim.Tally // because the build superseded it
	Usage   DiskUsage
	Relay   string // what a relay between BuildKit and the service did; empty: there was none
}

// ExportedScope is what a build wrote to one scope. Reused are the layers that were there.
type ExportedScope struct {
	Scope           string
	Written, Reused reclaim.Tally

	written, reused map[int64]int64 // the bytes of each layer by the ID of its entry
}

// NewExported finds what a build that took so long wrote to scopes on ref. Now is the
// time of the service, or up to some minutes less. A scope with an older index is left
// out: the export to it failed, and ignore-error let the build go on.
func NewExported(a *reclaim.Analysis, scopes []string, ref string, took time.Duration, now time.Time) Exported {
	e := Exported{Took: took}
	for _, scope := range scopes {
		c := written(a, scope, ref)
		if c == nil || c.Err != nil || c.Created.Before(now.Add(-took)) {
			continue
		}
		// The build ended after it wrote the index, so it began after this. By the clock of
		// the service, like the times of the layers.
		began := c.Created.Add(-took)
		if e.Began.IsZero() || began.Before(e.Began) {
			e.Began = began
		}
		e.Scopes = append(e.Scopes, exportedTo(a, c, began))
	}
	return e
}

// Delete notes what the build superseded, and returns the items that are left.
func (e *Exported) Delete(items []reclaim.Item, ids []int64) []reclaim.Item {
	return slices.DeleteFunc(slices.Clone(items), func(i reclaim.Item) bool {
		gone := slices.Contains(ids, i.ID)
		if gone {
			e.Deleted = sum(e.Deleted, reclaim.Tally{Count: 1, Bytes: i.Size})
		}
		return gone
	})
}

// written is the cache of a scope on a ref that was written last, signed or not.
func written(a *reclaim.Analysis, scope, ref string) (newest *reclaim.Cache) {
	for i := range a.Caches {
		c := &a.Caches[i]
		if c.Scope == scope && c.Ref == ref && (newest == nil || c.Created.After(newest.Created)) {
			newest = c
		}
	}
	return newest
}

func exportedTo(a *reclaim.Analysis, c *reclaim.Cache, began time.Time) ExportedScope {
	s := ExportedScope{Scope: c.Scope, written: map[int64]int64{}, reused: map[int64]int64{}}
	for _, layer := range a.Contents(c) {
		if layer.Item == nil {
			continue
		}
		is := s.reused
		if layer.Item.Created.After(began) {
			is = s.written
		}
		is[layer.Item.ID] = layer.Item.Size
	}
	s.Written, s.Reused = tally(s.written), tally(s.reused)
	return s
}

func tally(layers map[int64]int64) (t reclaim.Tally) {
	for _, size := range layers {
		t = sum(t, reclaim.Tally{Count: 1, Bytes: size})
	}
	return t
}

// total counts each layer once, although several scopes may name it.
func (e Exported) total() (written, reused reclaim.Tally) {
	all, old := map[int64]int64{}, map[int64]int64{}
	for _, s := range e.Scopes {
		maps.Copy(all, s.written)
		maps.Copy(old, s.reused)
	}
	for id := range all {
		delete(old, id)
	}
	return tally(all), tally(old)
}

// Line says it in one line.
func (e Exported) Line() string {
	written, reused := e.total()
	text := fmt.Sprintf("cache: wrote %s, reused %s, in %s", layers(written), layers(reused), e.Took.Round(time.Second))
	if e.Deleted.Count > 0 {
		text += fmt.Sprintf("; deleted %s with %s that this build superseded", ui.Entries(e.Deleted.Count), ui.Size(e.Deleted.Bytes))
	}
	return text + "; the repository has " + e.Usage.total()
}

func sum(a, b reclaim.Tally) reclaim.Tally {
	return reclaim.Tally{Count: a.Count + b.Count, Bytes: a.Bytes + b.Bytes}
}

func layers(t reclaim.Tally) string {
	return fmt.Sprintf("%s (%s)", ui.Count(t.Count, "layer", "layers"), ui.Size(t.Bytes))
}

// Markdown is the section for a job's summary.
func (e Exported) Markdown() string {
	var b strings.Builder
	b.WriteString("### Exported build cache\n\n| scope | written | reused |\n|---|---:|---:|\n")
	for _, s := range e.Scopes {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", ui.Markdown(s.Scope), layers(s.Written), layers(s.Reused))
	}
	if len(e.Scopes) > 1 {
		written, reused := e.total()
		fmt.Fprintf(&b, "| all, each layer once | %s | %s |\n", layers(written), layers(reused))
	}
	if e.Relay != "" {
		fmt.Fprintf(&b, "\nRelay: %s.\n", e.Relay)
	}
	if e.Deleted.Count > 0 {
		fmt.Fprintf(&b, "\nDeleted %s with %s that this build superseded.\n", ui.Entries(e.Deleted.Count), ui.Size(e.Deleted.Bytes))
	}
	return b.String() + "\n" + e.Usage.Markdown()
}
