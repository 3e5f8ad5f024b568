package view

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// cacheRow is what a scope keeps on a ref.
type cacheRow struct {
	style ui.Style
	cache *reclaim.Cache
	gain  reclaim.Gain
}

// Caches are the selected scopes, a row for each of their refs. The plan, which tells what
// is reclaimable, is one of a, or nil.
func Caches(a *reclaim.Analysis, plan *reclaim.Plan, selected listing.Selector) Listing {
	var rows []row
	gains := make([]reclaim.Gain, len(a.Caches))
	if plan != nil {
		gains = plan.Gains()
	}
	for i := range a.Caches {
		if c := &a.Caches[i]; selected.Cache(c) {
			rows = append(rows, cacheRow{cache: c, gain: gains[i]})
		}
	}
	return Listing{rows, CacheColumns(), false}
}

func (r cacheRow) quiet() string         { return r.cache.Scope }
func (r cacheRow) styled(s ui.Style) row { return cacheRow{s, r.cache, r.gain} }
func (r cacheRow) order() rowOrder {
	c := r.cache
	return rowOrder{scope: c.Scope, ref: c.Ref, id: c.Head.ID, size: c.Size, created: c.Created, used: c.Used}
}

func (r cacheRow) Scope() string    { return r.style.Text(r.cache.Scope) }
func (r cacheRow) Ref() string      { return r.style.Ref(r.cache.Ref) }
func (r cacheRow) Created() string  { return r.style.Time(r.cache.Created) }
func (r cacheRow) LastUsed() string { return r.style.Time(r.cache.Used) }
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
	return ui.Size(r.cache.Size)
}

func (r cacheRow) Unique() string {
	if r.cache.Err != nil || !r.cache.UniqueKnown {
		return "-"
	}
	return ui.Size(r.cache.Unique)
}

func (r cacheRow) Reclaimable() string { return gained(r.gain.Proven, r.gain.ProvenKnown) }
func (r cacheRow) Likely() string      { return gained(r.gain.Likely, r.gain.LikelyKnown) }

func gained(bytes int64, known bool) string {
	if !known {
		return "-"
	}
	return ui.Size(bytes)
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
		Proven   *int64    `json:"reclaimable"`
		Likely   *int64    `json:"likely"`
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
	if r.gain.ProvenKnown {
		out.Proven = &r.gain.Proven
	}
	if r.gain.LikelyKnown {
		out.Likely = &r.gain.Likely
	}
	return json.Marshal(out)
}
