package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scalars scans every scalar below n but what is under skip, and what only
// people read.
func (f *file) scalars(s *scope, n *yaml.Node, skip ...string) {
	f.under(s, "", n, skip...)
}

func (f *file) under(s *scope, key string, n *yaml.Node, skip ...string) {
	if n = plain(n); n == nil {
		return
	}
	switch n.Kind {
	case yaml.ScalarNode:
		f.scalar(s, s.doc.text(n), key)
	case yaml.SequenceNode:
		for _, c := range n.Content {
			f.under(s, key, c)
		}
	case yaml.MappingNode:
		f.object(s, n)
		for k, v := range pairs(n) {
			if !forPeople(k.Value) && !slices.Contains(skip, k.Value) {
				f.under(s, k.Value, v)
			}
		}
	}
}

// plain leaves out aliases: their anchor is scanned where it stands.
func plain(n *yaml.Node) *yaml.Node {
	if n == nil || n.Kind == yaml.AliasNode {
		return nil
	}
	return n
}

// forPeople says that a key's value is no setting, or judged elsewhere (uses).
func forPeople(key string) bool {
	return slices.Contains([]string{"name", "run-name", "description", "if", "uses", "deprecationMessage", "//"}, key)
}

// scalar scans a value line by line: inputs hold lists, one entry a line.
func (f *file) scalar(s *scope, t text, key string) {
	for _, line := range t.lines() {
		line = line.trim(" \t\r")
		if strings.HasPrefix(line.value, "#") {
			continue
		}
		f.sinkImage(line.value)
		for _, v := range s.expand(line) {
			f.interpolated(v, key)
		}
	}
}

// interpolated resolves ${X:-default} in a compose file.
func (f *file) interpolated(t text, key string) {
	if f.kind != kindCompose {
		f.words(t, key)
		return
	}
	for _, v := range references(t, nil) {
		f.words(v, key)
	}
}

// words scans a line. A command line is scanned word by word, so that a cache
// entry ends where the word does.
func (f *file) words(t text, key string) {
	if !strings.Contains(t.value, "--cache-") && !strings.Contains(t.value, "--set") {
		f.word(t, key)
		return
	}
	for _, w := range t.fields() {
		f.word(w, key)
	}
}

// object judges the object form of a cache entry: {type: gha, version: 1}.
func (f *file) object(s *scope, n *yaml.Node) {
	if f.kind != kindWorkflow && f.kind != kindAction {
		for k := range pairs(n) {
			f.cacheURL(s.doc.text(k), "args")
		}
	}
	kind := get(n, "type")
	if kind == nil || kind.Value != "gha" {
		return
	}
	f.gha = true
	if v := deref(get(n, "version")); v != nil {
		f.cacheVersion(s.doc.text(v), 0, len(v.Value))
	}
	if v := get(n, "url"); v != nil {
		f.service.see(v.Value)
	}
}
