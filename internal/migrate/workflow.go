package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// workflow judges a workflow: jobs, their steps, and all else with the scope it
// stands in.
func (f *file) workflow(doc *yamlFile, root *yaml.Node) {
	top := &scope{doc: doc, env: get(root, "env"), inputs: inputs(get(root, "on"))}
	f.env(top, get(root, "env"), runsBuilds(root))
	f.scalars(top, root, "jobs")
	for _, job := range pairs(get(root, "jobs")) {
		f.job(top, job)
	}
}

// inputs are those of workflow_call and workflow_dispatch, in one mapping.
func inputs(on *yaml.Node) *yaml.Node {
	all := &yaml.Node{Kind: yaml.MappingNode}
	for _, event := range []string{"workflow_call", "workflow_dispatch"} {
		if n := deref(get(on, event, "inputs")); n != nil {
			all.Content = append(all.Content, n.Content...)
		}
	}
	return all
}

func (f *file) job(top *scope, job *yaml.Node) {
	s := &scope{outer: top, doc: top.doc, env: get(job, "env"), matrix: get(job, "strategy", "matrix")}
	s.hosted = f.hosted(s, get(job, "runs-on"))
	f.env(s, s.env, runsBuilds(job))
	f.scalars(s, job, "steps")
	if uses := get(job, "uses"); uses != nil {
		f.call(s, uses.Value, get(job, "with"))
	}
	f.steps(s, get(job, "steps"))
}

// action judges an action.yml.
func (f *file) action(doc *yamlFile, root *yaml.Node) {
	s := &scope{doc: doc, inputs: get(root, "inputs"), hosted: true}
	f.scalars(s, root, "runs")
	f.steps(s, get(root, "runs", "steps"))
	if using := get(root, "runs", "using"); using != nil && using.Value == "docker" {
		f.scalars(s, get(root, "runs"))
		f.containerAction(doc.text(using))
	}
}

func (f *file) steps(s *scope, steps *yaml.Node) {
	for _, step := range items(steps) {
		inner := &scope{outer: s, doc: s.doc, env: get(step, "env"), hosted: s.hosted}
		f.env(inner, inner.env, get(step, "run") != nil)
		f.step(inner, deref(step))
	}
	f.sccacheFlag(s, steps)
	f.sharedScope(s, steps)
	f.moveCache(s, steps)
}

func (f *file) step(s *scope, step *yaml.Node) {
	f.scalars(s, step, "run")
	if run := get(step, "run"); run != nil {
		f.run(s, step, run)
	}
	if uses := get(step, "uses"); uses != nil {
		f.uses(s, step, uses)
	}
}

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
			if !read(k.Value, skip) {
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

func read(key string, skip []string) bool {
	for _, k := range append(skip, "name", "run-name", "description", "if", "uses", "deprecationMessage", "//") {
		if key == k {
			return true
		}
	}
	return false
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

// runsBuilds says that a step below n is a script that builds: only those see
// the variables of env:, JavaScript actions get the runner's.
func runsBuilds(n *yaml.Node) bool {
	if n = plain(n); n == nil || n.Kind == yaml.ScalarNode {
		return false
	}
	for k, v := range pairs(n) {
		if k.Value == "run" && v.Kind == yaml.ScalarNode && buildsRE.MatchString(v.Value) || runsBuilds(v) {
			return true
		}
	}
	for _, c := range items(n) {
		if runsBuilds(c) {
			return true
		}
	}
	return false
}

// env judges a mapping of variables.
func (f *file) env(s *scope, vars *yaml.Node, reaches bool) {
	for k, v := range pairs(plain(vars)) {
		switch t := s.doc.text(v); k.Value {
		case serviceFlag:
			certainty := Certain
			if !reaches {
				certainty = Conditional
			}
			if duplicated(vars, k.Value) {
				t.refuse = "the key is there twice"
			}
			for _, v := range s.expand(t) {
				if !strings.Contains(v.value, "$") {
					f.flagValue(v, 0, len(v.value), certainty)
				}
			}
		case cacheURL, resultsURL:
			f.service.see(v.Value)
			f.exports(s, vars, k)
		case "_EXPERIMENTAL_DAGGER_CACHE_CONFIG":
			f.dagger(t)
		}
	}
}
