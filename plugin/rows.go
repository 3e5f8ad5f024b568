package plugin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
)

// row is a line of ls. Its exported methods are the placeholders of --format.
type row interface {
	quiet() string
	order() rowOrder
	styled(style) row
}

// rowOrder is what ls sorts by.
type rowOrder struct {
	scope, ref    string
	id            int64
	size          int64
	created, used time.Time
}

// sortRows puts the largest and the newest first, and scopes in their order.
func sortRows(rows []row, by string) error {
	compare, ok := map[string]func(a, b rowOrder) int{
		"size":    func(a, b rowOrder) int { return cmp.Compare(b.size, a.size) },
		"created": func(a, b rowOrder) int { return b.created.Compare(a.created) },
		"used":    func(a, b rowOrder) int { return b.used.Compare(a.used) },
		"scope":   func(rowOrder, rowOrder) int { return 0 },
	}[by]
	if !ok {
		return usage(fmt.Errorf("unknown order %q", by), "--sort size, created, used or scope")
	}
	slices.SortStableFunc(rows, func(x, y row) int {
		a, b := x.order(), y.order()
		return cmp.Or(compare(a, b), cmp.Compare(a.scope, b.scope), cmp.Compare(a.ref, b.ref), cmp.Compare(a.id, b.id))
	})
	return nil
}

// cacheRow is what a scope keeps on a ref.
type cacheRow struct {
	style
	cache *reclaim.Cache
}

const cacheTable = "{{.Scope}}\t{{.Ref}}\t{{.Layers}}\t{{.Size}}\t{{.Unique}}\t{{.Created}}\t{{.LastUsed}}\t{{.State}}"

func cacheRows(a *reclaim.Analysis, selected listing.Selector) []row {
	var rows []row
	for i := range a.Caches {
		if c := &a.Caches[i]; selected.Cache(c) {
			rows = append(rows, cacheRow{cache: c})
		}
	}
	return rows
}

func cacheHeader() map[string]string {
	return map[string]string{
		"Scope": "SCOPE", "Ref": "REF", "Layers": "LAYERS", "Size": "SIZE", "Unique": "UNIQUE",
		"Created": "CREATED", "LastUsed": "LAST USED", "State": "STATE", "Versions": "VERSIONS",
	}
}

func (r cacheRow) quiet() string      { return r.cache.Scope }
func (r cacheRow) styled(s style) row { return cacheRow{s, r.cache} }
func (r cacheRow) order() rowOrder {
	c := r.cache
	return rowOrder{scope: c.Scope, ref: c.Ref, id: c.Head.ID, size: c.Size, created: c.Created, used: c.Used}
}

func (r cacheRow) Scope() string    { return r.text(r.cache.Scope) }
func (r cacheRow) Ref() string      { return r.ref(r.cache.Ref) }
func (r cacheRow) Created() string  { return r.time(r.cache.Created) }
func (r cacheRow) LastUsed() string { return r.time(r.cache.Used) }
func (r cacheRow) State() string    { return listing.State(r.cache) }
func (r cacheRow) Versions() string { return strconv.Itoa(r.cache.Versions) }

func (r cacheRow) Layers() string {
	if r.cache.Err != nil {
		return "-"
	}
	return strconv.Itoa(r.cache.Layers)
}

func (r cacheRow) Size() string {
	if r.cache.Err != nil {
		return "-"
	}
	return humanSize(r.cache.Size)
}

func (r cacheRow) Unique() string {
	if r.cache.Err != nil || !r.cache.UniqueKnown {
		return "-"
	}
	return humanSize(r.cache.Unique)
}

// MarshalJSON is the documented form of --format json: sizes in bytes, null for
// what is not known.
func (r cacheRow) MarshalJSON() ([]byte, error) {
	c := r.cache
	out := struct {
		Scope    string    `json:"scope"`
		Ref      string    `json:"ref"`
		Signed   bool      `json:"signed"`
		Versions int       `json:"versions"`
		Layers   *int      `json:"layers"`
		Missing  *int      `json:"missing"`
		Size     *int64    `json:"size"`
		Unique   *int64    `json:"unique"`
		Created  time.Time `json:"created"`
		LastUsed time.Time `json:"last_used"`
		State    string    `json:"state"`
	}{
		Scope: c.Scope, Ref: c.Ref, Signed: c.Signed, Versions: c.Versions,
		Created: c.Created.UTC(), LastUsed: c.Used.UTC(), State: listing.State(c),
	}
	if c.Err == nil {
		missing := len(c.Missing)
		out.Layers, out.Missing, out.Size = &c.Layers, &missing, &c.Size
		if c.UniqueKnown {
			out.Unique = &c.Unique
		}
	}
	return json.Marshal(out)
}

// entryRow is one cache entry.
type entryRow struct {
	style
	item *reclaim.Item
}

const (
	entryTable = "{{.ID}}\t{{.Kind}}\t{{.Scope}}\t{{.Ref}}\t{{.Size}}\t{{.Created}}\t{{.LastUsed}}\t{{.State}}"
	allTable   = entryTable + "\t{{.Key}}"
)

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

// others counts the entries of other tools.
func others(a *reclaim.Analysis) (count int, bytes int64) {
	for i := range a.Items {
		if a.Items[i].Key.Kind == bkcache.KindOther {
			count++
			bytes += a.Items[i].Size
		}
	}
	return count, bytes
}

func entryHeader() map[string]string {
	return map[string]string{
		"ID": "ID", "Kind": "KIND", "Scope": "SCOPE", "Ref": "REF", "Size": "SIZE",
		"Created": "CREATED", "LastUsed": "LAST USED", "State": "STATE", "Key": "KEY",
	}
}

func (r entryRow) quiet() string      { return r.ID() }
func (r entryRow) styled(s style) row { return entryRow{s, r.item} }
func (r entryRow) order() rowOrder {
	i := r.item
	return rowOrder{scope: i.Scope, ref: i.Ref, id: i.ID, size: i.Size, created: i.Created, used: i.Used}
}

func (r entryRow) ID() string       { return strconv.FormatInt(r.item.ID, 10) }
func (r entryRow) Kind() string     { return r.item.Key.Kind.String() }
func (r entryRow) Ref() string      { return r.ref(r.item.Ref) }
func (r entryRow) Size() string     { return humanSize(r.item.Size) }
func (r entryRow) Created() string  { return r.time(r.item.Created) }
func (r entryRow) LastUsed() string { return r.time(r.item.Used) }
func (r entryRow) State() string    { return style{}.text(string(r.item.State)) }
func (r entryRow) Key() string      { return r.text(r.item.Entry.Key) }

func (r entryRow) Scope() string {
	if r.item.Shared {
		return "(several)"
	}
	return r.text(r.item.Scope)
}

// MarshalJSON is the documented form of --format json.
func (r entryRow) MarshalJSON() ([]byte, error) {
	i := r.item
	return json.Marshal(struct {
		ID       int64     `json:"id"`
		Kind     string    `json:"kind"`
		Scope    string    `json:"scope"`
		Shared   bool      `json:"shared"`
		Ref      string    `json:"ref"`
		Key      string    `json:"key"`
		Size     int64     `json:"size"`
		Created  time.Time `json:"created"`
		LastUsed time.Time `json:"last_used"`
		State    string    `json:"state"`
	}{i.ID, i.Key.Kind.String(), i.Scope, i.Shared, i.Ref, i.Entry.Key, i.Size, i.Created.UTC(), i.Used.UTC(), string(i.State)})
}
