package view

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// mountRow is a cache mount: of a builder, saved, or both.
type mountRow struct {
	label, platform, ref string
	held, saved          int64 // bytes; 0: it is not
	used                 time.Time
	state                string
}

// WriteMounts prints the cache mounts of a builder beside those that are saved: the newest entry of each on each ref. The
// size of a saved mount is that of the entries that it needs, as far as they are listed. Platform is that of the builder.
func WriteMounts(out ui.Output, held []mounts.Record, platform string, entries []bkcache.Entry) error {
	rows := savedMounts(entries)
	for _, r := range held {
		label := strings.TrimPrefix(r.ID, "/")
		if r.Based {
			label += " (with a base)"
		}
		own := mountRow{label: label, platform: strings.ReplaceAll(platform, "/", "-"), held: r.Size, used: r.Used, state: "not saved"}
		both := false
		for i := range rows {
			id, _, based := strings.Cut(rows[i].label, " (")
			if id == strings.TrimPrefix(r.ID, "/") && based == r.Based && rows[i].platform == own.platform {
				rows[i].held, rows[i].state, both = rows[i].held+r.Size, "on both", true
				rows[i].used = r.Used
			}
		}
		if !both {
			rows = append(rows, own)
		}
	}
	slices.SortStableFunc(rows, func(a, b mountRow) int {
		return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.platform, b.platform), cmp.Compare(a.ref, b.ref))
	})
	table := [][]string{{"MOUNT", "PLATFORM", "REF", "BUILDER", "SAVED", "LAST USED", "STATE"}}
	for _, r := range rows {
		table = append(table, []string{
			out.Style.Text(r.label), out.Style.Text(r.platform), cmp.Or(out.Style.Ref(r.ref), "-"), sizeOrDash(r.held), sizeOrDash(r.saved),
			out.Style.Time(r.used), r.state,
		})
	}
	return ui.WriteTable(out, table, out.Width)
}

func sizeOrDash(bytes int64) string {
	if bytes == 0 {
		return "-"
	}
	return ui.Size(bytes)
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
		row := mountRow{label: k.MountLabel(), platform: k.Platform, ref: e.Ref, saved: e.Size, used: e.Used, state: "saved"}
		for id := range strings.SplitSeq(k.Packs, ".") {
			row.saved += sizes[part(k, id)]
		}
		rows = append(rows, row)
	}
	return rows
}
