package view

import (
	"strconv"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// properties are what inspect says of a cache as a whole.
func (c Inspected) properties(s ui.Style) [][]string {
	rows := [][]string{
		{"Scope:", s.Text(c.Scope)},
		{"Ref:", s.Text(c.Ref)},
		{"Index:", s.Text(c.Key)},
		{"ID:", strconv.FormatInt(c.ID, 10)},
		{"Index size:", ui.Size(c.Bytes)},
		{"Versions:", strconv.Itoa(c.Versions)},
		{"State:", c.State},
		{"Created:", s.Time(c.Created)},
		{"Last used:", s.Time(c.LastUsed)},
	}
	if c.Layers == nil {
		return append(rows, []string{"Layers:", "not known, because the index was not read: " + s.Text(c.Unread)})
	}
	unique := "not known"
	if c.Unique != nil {
		unique = ui.Size(*c.Unique)
	}
	rows = append(rows, [][]string{
		{"Digest:", s.Text(*c.Digest)},
		{"Records:", strconv.Itoa(*c.Records)},
		{"Size:", ui.Size(*c.Size)},
		{"Unique:", unique},
	}...)
	if n := *c.Missing; n > 0 {
		rows = append(rows, []string{"Missing:", ui.Count(n, "layer was", "layers were") + " evicted; the next build runs the steps that need them again"})
	}
	return rows
}

// layerTree draws layers below each other, and side by side only where several stand
// on one: images are long chains.
func layerTree(roots []InspectedLayer, s ui.Style) [][]string {
	t := tree{style: s, rows: [][]string{{"LAYER", "SIZE", "CREATED", "STATE", "SHARED WITH"}}}
	t.branches("", roots)
	return t.rows
}

type tree struct {
	style ui.Style
	rows  [][]string
}

func (t *tree) branches(indent string, layers []InspectedLayer) {
	for i, l := range layers {
		if i == len(layers)-1 {
			t.chain(indent+"└─ ", indent+"   ", l)
		} else {
			t.chain(indent+"├─ ", indent+"│  ", l)
		}
	}
}

// chain draws l and what stands on it; first goes before l, indent before the rest.
func (t *tree) chain(first, indent string, l InspectedLayer) {
	t.layer(first, l)
	for _, record := range l.Records {
		t.rows = append(t.rows, []string{indent + "· record " + t.style.Text(shortDigest(record))})
	}
	if len(l.Layers) == 1 {
		t.chain(indent, indent, l.Layers[0])
		return
	}
	t.branches(indent, l.Layers)
}

func (t *tree) layer(indent string, l InspectedLayer) {
	created, state := "-", "present"
	if !l.Created.IsZero() {
		created = t.style.Time(l.Created)
	}
	if l.Missing {
		state = "MISSING"
	}
	var shared []string
	for _, other := range l.SharedBy {
		shared = append(shared, t.style.Text(other.Scope)+"@"+t.style.Ref(other.Ref))
	}
	t.rows = append(t.rows, []string{indent + t.style.Text(shortDigest(l.Digest)), ui.Size(l.Size), created, state, t.style.Text(strings.Join(shared, ", "))})
}

// shortDigest is how docker shortens digests.
func shortDigest(digest string) string {
	algorithm, hex, ok := strings.Cut(digest, ":")
	if !ok || len(hex) < 12 {
		return digest
	}
	return algorithm + ":" + hex[:12]
}
