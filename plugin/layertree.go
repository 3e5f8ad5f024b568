package plugin

import (
	"fmt"
	"strconv"
	"strings"
)

// properties are what inspect says of a cache as a whole.
func (c inspected) properties(s style) [][]string {
	unique := "not known"
	if c.Unique != nil {
		unique = humanSize(*c.Unique)
	}
	rows := [][]string{
		{"Scope:", s.text(c.Scope)},
		{"Ref:", s.text(c.Ref)},
		{"Index:", s.text(c.Key)},
		{"ID:", strconv.FormatInt(c.ID, 10)},
		{"Digest:", c.Digest},
		{"Versions:", strconv.Itoa(c.Versions)},
		{"Created:", s.time(c.Created)},
		{"Records:", strconv.Itoa(c.Records)},
		{"Size:", humanSize(c.Size)},
		{"Unique:", unique},
	}
	if c.Missing > 0 {
		rows = append(rows, []string{"Missing:", fmt.Sprintf("%d layers were evicted, and what stands on them is built again", c.Missing)})
	}
	return rows
}

// layerTree draws layers below each other, and side by side only where several stand
// on one: images are long chains.
func layerTree(roots []inspectedLayer, s style) [][]string {
	t := tree{style: s, rows: [][]string{{"LAYER", "SIZE", "CREATED", "STATE", "SHARED WITH"}}}
	t.branches("", roots)
	return t.rows
}

type tree struct {
	style
	rows [][]string
}

func (t *tree) branches(indent string, layers []inspectedLayer) {
	for i, l := range layers {
		if i == len(layers)-1 {
			t.chain(indent+"└─ ", indent+"   ", l)
		} else {
			t.chain(indent+"├─ ", indent+"│  ", l)
		}
	}
}

// chain draws l and what stands on it; first goes before l, indent before the rest.
func (t *tree) chain(first, indent string, l inspectedLayer) {
	t.layer(first, l)
	for _, record := range l.Records {
		t.rows = append(t.rows, []string{indent + "· record " + shortDigest(record)})
	}
	if len(l.Layers) == 1 {
		t.chain(indent, indent, l.Layers[0])
		return
	}
	t.branches(indent, l.Layers)
}

func (t *tree) layer(indent string, l inspectedLayer) {
	created, state := "-", "present"
	if !l.Created.IsZero() {
		created = t.time(l.Created)
	}
	if l.Missing {
		state = "MISSING"
	}
	var shared []string
	for _, other := range l.SharedBy {
		shared = append(shared, t.text(other.Scope)+"@"+t.ref(other.Ref))
	}
	t.rows = append(t.rows, []string{indent + shortDigest(l.Digest), humanSize(l.Size), created, state, t.text(strings.Join(shared, ", "))})
}

// shortDigest is how docker shortens digests.
func shortDigest(digest string) string {
	algorithm, hex, ok := strings.Cut(digest, ":")
	if !ok || len(hex) < 12 {
		return digest
	}
	return algorithm + ":" + hex[:12]
}
