package view

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/listing"
	"github.com/docker-ghacache/docker-ghacache/internal/reclaim"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Inspected is the cache of a scope on a ref, taken apart. What only the content of the
// index tells is nil if that was not read.
type Inspected struct {
	Scope    string           `json:"scope"`
	Ref      string           `json:"ref"`
	Key      string           `json:"key"`
	ID       int64            `json:"id"`
	State    string           `json:"state"`
	Versions int              `json:"versions"`
	Created  time.Time        `json:"created"`
	LastUsed time.Time        `json:"last_used"`
	Bytes    int64            `json:"index_size"`      // of the index
	Unread   string           `json:"error,omitempty"` // why the index was not read
	Digest   *string          `json:"digest"`
	Records  *int             `json:"records"`
	Size     *int64           `json:"size"`
	Unique   *int64           `json:"unique"`
	Missing  *int             `json:"missing"`
	Layers   []InspectedLayer `json:"layers"` // those without a parent
}

// InspectedLayer is a layer, with those on top of it.
type InspectedLayer struct {
	Digest    string           `json:"digest"`
	MediaType string           `json:"media_type"`
	Size      int64            `json:"size"`
	Created   time.Time        `json:"created,omitzero"`
	Missing   bool             `json:"missing"`
	Records   []string         `json:"records"`   // cache keys that end here
	SharedBy  []Place          `json:"shared_by"` // other caches
	Layers    []InspectedLayer `json:"layers"`    // those on top
}

// Place is where a cache is.
type Place struct {
	Scope string `json:"scope"`
	Ref   string `json:"ref"`
}

// Inspect takes a cache apart. The index is nil if it was not read.
func Inspect(a *reclaim.Analysis, c *reclaim.Cache, index *bkcache.Index) Inspected {
	out := Inspected{
		Scope: c.Scope, Ref: c.Ref, Key: c.Head.Entry.Key, ID: c.Head.ID, State: listing.State(c), Versions: c.Versions,
		Created: c.Created.UTC(), LastUsed: c.Used.UTC(), Bytes: c.Head.Size,
	}
	if c.Err != nil || index == nil {
		out.Unread = fmt.Sprint(c.Err)
		return out
	}
	contents := map[string]reclaim.Content{}
	for _, content := range a.Contents(c) {
		contents[content.Digest] = content
	}
	records, missing := index.Records(), len(c.Missing)
	out.Digest, out.Records, out.Size, out.Missing = &index.Digest, &records, &c.Size, &missing
	out.Layers = inspectedLayers(index.Tree(), contents)
	if c.UniqueKnown {
		out.Unique = &c.Unique
	}
	return out
}

func inspectedLayers(nodes []*bkcache.Node, contents map[string]reclaim.Content) []InspectedLayer {
	layers := []InspectedLayer{}
	for _, n := range nodes {
		content := contents[n.Digest]
		layer := InspectedLayer{
			Digest: n.Digest, MediaType: n.MediaType, Size: n.Size, Created: n.Created, Missing: content.Item == nil,
			Records: slices.Concat([]string{}, n.Records), SharedBy: []Place{}, Layers: inspectedLayers(n.Children, contents),
		}
		for _, other := range content.Others {
			layer.SharedBy = append(layer.SharedBy, Place{other.Scope, other.Ref})
		}
		layers = append(layers, layer)
	}
	return layers
}

// PrintInspected writes the properties and the layers of caches.
func PrintInspected(out ui.Output, found []Inspected) error {
	for i, c := range found {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := ui.WriteTable(out, c.properties(out.Style), 0); err != nil {
			return err
		}
		if c.Layers == nil {
			continue
		}
		fmt.Fprintln(out)
		if err := ui.WriteTableCuttingLast(out, layerTree(c.Layers, out.Style), out.Width); err != nil {
			return err
		}
	}
	return nil
}
