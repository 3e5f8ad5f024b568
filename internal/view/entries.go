package view

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// entryRow is one cache entry.
type entryRow struct {
	style ui.Style
	item  *reclaim.Item
}

// Entries are the selected entries of BuildKit.
func Entries(a *reclaim.Analysis, selected listing.Selector) Listing {
	return Listing{entryRows(a, selected, false), EntryColumns(), false}
}

// AllEntries are the selected entries, also those of other tools.
func AllEntries(a *reclaim.Analysis, selected listing.Selector) Listing {
	return Listing{entryRows(a, selected, true), EntryColumns(), true}
}

func entryRows(a *reclaim.Analysis, selected listing.Selector, all bool) []row {
	var rows []row
	for i := range a.Items {
		item := &a.Items[i]
		if (all || item.Key.Kind != bkcache.KindOther) && selected.Entry(item) {
			rows = append(rows, entryRow{item: item})
		}
	}
	return rows
}

// Others counts the entries of other tools.
func Others(a *reclaim.Analysis) (count int, bytes int64) {
	for i := range a.Items {
		if a.Items[i].Key.Kind == bkcache.KindOther {
			count++
			bytes += a.Items[i].Size
		}
	}
	return count, bytes
}

func (r entryRow) quiet() string         { return r.ID() }
func (r entryRow) styled(s ui.Style) row { return entryRow{s, r.item} }
func (r entryRow) order() rowOrder {
	i := r.item
	return rowOrder{scope: i.Scope, ref: i.Ref, id: i.ID, size: i.Size, created: i.Created, used: i.Used}
}

func (r entryRow) ID() string       { return strconv.FormatInt(r.item.ID, 10) }
func (r entryRow) Kind() string     { return r.item.Key.Kind.String() }
func (r entryRow) Ref() string      { return r.style.Ref(r.item.Ref) }
func (r entryRow) Size() string     { return ui.Size(r.item.Size) }
func (r entryRow) Created() string  { return r.style.Time(r.item.Created) }
func (r entryRow) LastUsed() string { return r.style.Time(r.item.Used) }
func (r entryRow) State() string    { return ui.Style{}.Text(string(r.item.State)) }
func (r entryRow) Key() string      { return r.style.Text(r.item.Entry.Key) }

func (r entryRow) Scope() string {
	if r.item.Key.Kind == bkcache.KindMount {
		return r.style.Text(r.item.Key.MountLabel()) // mounts have no scopes
	}
	return r.style.Text(strings.Join(r.item.Scopes(), ", "))
}

func (r entryRow) Digest() string {
	if r.style.Short {
		_, hex, _ := strings.Cut(shortDigest(r.item.Digest), ":")
		return r.style.Text(hex)
	}
	return r.style.Text(r.item.Digest)
}

// MarshalJSON is the documented form of --format json.
func (r entryRow) MarshalJSON() ([]byte, error) {
	i := r.item
	return json.Marshal(struct {
		ID       int64     `json:"id"`
		Kind     string    `json:"kind"`
		Scope    string    `json:"scope"`
		Scopes   []string  `json:"scopes"`
		Shared   bool      `json:"shared"`
		Ref      string    `json:"ref"`
		Key      string    `json:"key"`
		Digest   string    `json:"digest"`
		Size     int64     `json:"size"`
		Created  time.Time `json:"created"`
		LastUsed time.Time `json:"last_used"`
		State    string    `json:"state"`
	}{i.ID, i.Key.Kind.String(), i.Scope, append([]string{}, i.Scopes()...), i.Shared, i.Ref, i.Entry.Key, i.Digest, i.Size, i.Created.UTC(), i.Used.UTC(), string(i.State)})
}
