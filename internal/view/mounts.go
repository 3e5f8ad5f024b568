package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// mountRow is a cache mount: of a builder, saved, or both.
type mountRow struct {
	style                ui.Style
	label, platform, ref string
	held, saved          *int64 // bytes; nil: it is not there or, while a build uses it, unknown
	used                 time.Time
	state                string
}

// MountColumns are the columns of [Mounts].
func MountColumns() Columns {
	return Columns{
		{"Mount", "MOUNT", always}, {"Platform", "PLATFORM", always}, {"Ref", "REF", always}, {"Builder", "BUILDER", always},
		{"Saved", "SAVED", always}, {"LastUsed", "LAST USED", always}, {"State", "STATE", always},
	}
}

// Mounts are the cache mounts of a builder beside those that are saved: the newest entry of each on each ref. The size of
// a saved mount is that of the entries that it needs, as far as they are listed. Platform is that of the builder.
func Mounts(held []mounts.Record, platform string, entries []bkcache.Entry) Listing {
	rows := savedMounts(entries)
	for _, r := range held {
		own := heldMount(r, platform)
		both := false
		for i := range rows {
			id, _, based := strings.Cut(rows[i].label, " (")
			if id == strings.TrimPrefix(r.ID, "/") && based == r.Based && rows[i].platform == own.platform {
				rows[i].held, rows[i].used, both = addSizes(rows[i].held, own.held), own.used, true
				rows[i].state = "on both"
				if r.InUse {
					rows[i].state = own.state
				}
			}
		}
		if !both {
			rows = append(rows, own)
		}
	}
	slices.SortStableFunc(rows, func(a, b mountRow) int {
		return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.platform, b.platform), cmp.Compare(a.ref, b.ref))
	})
	l := Listing{columns: MountColumns()}
	for _, r := range rows {
		l.rows = append(l.rows, r)
	}
	return l
}

func heldMount(r mounts.Record, platform string) mountRow {
	row := mountRow{label: strings.TrimPrefix(r.ID, "/"), platform: strings.ReplaceAll(platform, "/", "-"), held: &r.Size, used: r.Used, state: "not saved"}
	if r.Based {
		row.label += " (with a base)"
	}
	if r.InUse {
		row.held, row.state = nil, "in use"
	}
	return row
}

func addSizes(a, b *int64) *int64 {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	both := *a + *b
	return &both
}

func (r mountRow) quiet() string         { return r.label }
func (r mountRow) styled(s ui.Style) row { r.style = s; return r }
func (r mountRow) order() rowOrder       { return rowOrder{scope: r.label, ref: r.ref, used: r.used} }

func (r mountRow) Mount() string    { return r.style.Text(r.label) }
func (r mountRow) Platform() string { return r.style.Text(r.platform) }
func (r mountRow) Ref() string      { return cmp.Or(r.style.Ref(r.ref), "-") }
func (r mountRow) Builder() string  { return sizeOrDash(r.held) }
func (r mountRow) Saved() string    { return sizeOrDash(r.saved) }
func (r mountRow) LastUsed() string { return r.style.Time(r.used) }
func (r mountRow) State() string    { return r.state }

// MarshalJSON is the documented form of --format json.
func (r mountRow) MarshalJSON() ([]byte, error) {
	var used *time.Time
	if !r.used.IsZero() {
		utc := r.used.UTC()
		used = &utc
	}
	return json.Marshal(struct {
		Mount    string     `json:"mount"`
		Platform string     `json:"platform"`
		Ref      string     `json:"ref"`
		Builder  *int64     `json:"builder"`
		Saved    *int64     `json:"saved"`
		LastUsed *time.Time `json:"last_used"`
		State    string     `json:"state"`
	}{r.label, r.platform, r.ref, r.held, r.saved, used, r.state})
}

func sizeOrDash(bytes *int64) string {
	if bytes == nil {
		return "-"
	}
	return ui.Size(*bytes)
}

func savedMounts(entries []bkcache.Entry) []mountRow {
	sizes := map[string]int64{} // by mount and the entry's ID
	part := func(k bkcache.Key, id string) string { return k.Platform + "/" + k.Mount + "#" + id }
	heads := map[string]bkcache.Entry{}
	for _, e := range entries {
		k := bkcache.ParseKey(e.Key, e.Version)
		if k.Kind != bkcache.KindMount {
			continue
		}
		sizes[part(k, k.MountID)] = e.Size
		of := part(k, e.Ref)
		if head, ok := heads[of]; !ok || e.Created.After(head.Created) {
			heads[of] = e
		}
	}
	var rows []mountRow
	for _, e := range heads {
		k := bkcache.ParseKey(e.Key, e.Version)
		saved := e.Size
		for id := range strings.SplitSeq(k.Packs, ".") {
			saved += sizes[part(k, id)]
		}
		rows = append(rows, mountRow{label: k.MountLabel(), platform: k.Platform, ref: e.Ref, saved: &saved, used: e.Used, state: "saved"})
	}
	return rows
}

// MountResult is a line on what became of a mount: itself, its new state and what that took, with tabs between them.
func MountResult(r mounts.Result) string {
	line := fmt.Sprintf("%s\t%s", r.Mount, r.State)
	if took := MountContent(r); took != "" {
		line += "\t" + took
	}
	return line
}

// MountContent is how much of a mount was restored or saved. It is empty for those that were neither.
func MountContent(r mounts.Result) string {
	switch r.State {
	case mounts.Restored:
		return fmt.Sprintf("%s, %s", ui.Count(r.Files, "file", "files"), ui.Size(r.Bytes))
	case mounts.Saved:
		return fmt.Sprintf("%s of %s", ui.Size(r.Sent), ui.Count(r.Files, "changed file", "changed files"))
	}
	return ""
}
