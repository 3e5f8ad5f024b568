package scan

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// scalars adds every scalar below n, except those under skip and those that only
// people read.
func (p *Page) scalars(s *scope, n *yaml.Node, skip ...string) {
	p.under(s, "", n, skip...)
}

func (p *Page) under(s *scope, key string, n *yaml.Node, skip ...string) {
	if n = plain(n); n == nil {
		return
	}
	switch n.Kind {
	case yaml.ScalarNode:
		p.scalar(s, s.doc.Text(n), key)
	case yaml.SequenceNode:
		for _, c := range n.Content {
			p.under(s, key, c)
		}
	case yaml.MappingNode:
		p.objects(s, n)
		for k, v := range source.Pairs(n) {
			if !forPeople(k.Value) && !slices.Contains(skip, k.Value) {
				p.under(s, k.Value, v)
			}
		}
	}
}

// forPeople reports whether a key's value is not a setting, or is judged elsewhere
// (uses).
func forPeople(key string) bool {
	return slices.Contains([]string{"name", "run-name", "description", "if", "uses", "deprecationMessage", "//"}, key) || proseRE().MatchString(key)
}

// scalar adds a value line by line: inputs hold lists, one entry a line.
func (p *Page) scalar(s *scope, t source.Text, key string) {
	for _, line := range t.Lines() {
		line = line.Trim(" \t\r")
		if strings.HasPrefix(line.Value, "#") {
			continue
		}
		if strings.Contains(line.Value, "inputs.") {
			p.Inputs = append(p.Inputs, line.Value)
		}
		for _, v := range s.expand(line) {
			p.interpolated(v, key)
		}
	}
}

// interpolated resolves ${X:-default} in a compose file.
func (p *Page) interpolated(t source.Text, key string) {
	if p.File.Kind != source.Compose {
		p.line(t, key)
		return
	}
	for _, v := range references(p.budget, t, nil) {
		p.line(v, key)
	}
}

// line adds the words of a line. A command line is word by word, so that a cache
// entry ends where the word does.
func (p *Page) line(t source.Text, key string) {
	if !strings.Contains(t.Value, "--cache-") && !strings.Contains(t.Value, "--set") {
		p.word(t, key)
		return
	}
	for _, w := range t.Fields() {
		p.word(w, key)
	}
}

// objects adds the object form of a cache entry: {type: gha, version: 1}.
func (p *Page) objects(s *scope, n *yaml.Node) {
	m := Mapping{s, n}
	if p.File.Kind != source.Workflow && p.File.Kind != source.Action {
		for k := range m.Pairs() {
			p.Keys = append(p.Keys, k)
		}
	}
	if kind := source.Get(n, "type"); kind == nil || kind.Value != "gha" {
		return
	}
	o := Object{URL: m.Value("url")}
	if v := source.Deref(source.Get(n, "version")); v != nil {
		o.Version = s.doc.Text(v)
	}
	p.object(o)
}

// targets adds the cache exports of the services of a compose file, or of the
// targets of a bake file in JSON.
func (p *Page) targets(doc *source.YAML, root *yaml.Node) {
	section, path := "services", []string{"build", "cache_to"}
	if p.File.Kind == source.JSON {
		section, path = "target", []string{"cache-to"}
	}
	for name, target := range source.Pairs(source.Get(root, section)) {
		for _, n := range source.Items(source.Get(target, path...)) {
			p.export(doc.Text(n), name.Value)
		}
	}
}
