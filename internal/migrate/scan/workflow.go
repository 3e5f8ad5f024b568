package scan

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// workflow reads jobs, their steps, and everything else with its scope.
func (p *Page) workflow(doc *source.YAML, root *yaml.Node) {
	top := p.scopeOf(doc)
	top.env, top.inputs = source.Get(root, "env"), inputs(source.Get(root, "on"))
	p.env(top, top.env, runsBuilds(root))
	p.scalars(top, root, "jobs")
	jobs := source.Get(root, "jobs")
	for name, job := range source.Pairs(jobs) {
		p.begin(doc, name, behind(doc, root, jobs, name))
		p.job(top, job)
	}
	p.inPart = false
}

// behind is where a job ends: at the next one, or at the next key of the workflow.
func behind(doc *source.YAML, root, jobs, job *yaml.Node) int {
	end, last := len(doc.Source()), doc.Offset(job)
	for _, n := range []*yaml.Node{root, jobs} {
		for key := range source.Pairs(n) {
			if at := doc.Offset(key); at > last {
				end = min(end, at)
			}
		}
	}
	return end
}

// inputs returns the inputs of workflow_call and workflow_dispatch, in one mapping.
func inputs(on *yaml.Node) *yaml.Node {
	all := &yaml.Node{Kind: yaml.MappingNode}
	for _, event := range []string{"workflow_call", "workflow_dispatch"} {
		if n := source.Deref(source.Get(on, event, "inputs")); n != nil {
			all.Content = append(all.Content, n.Content...)
		}
	}
	return all
}

func (p *Page) job(top *scope, job *yaml.Node) {
	s := &scope{outer: top, doc: top.doc, budget: top.budget, env: source.Get(job, "env"), matrix: source.Get(job, "strategy", "matrix")}
	s.runner = p.runner(s, source.Get(job, "runs-on"))
	p.env(s, s.env, runsBuilds(job))
	p.scalars(s, job, "steps")
	if uses := source.Get(job, "uses"); uses != nil {
		p.leads()
		p.call(s, s.doc.Text(uses), source.Get(job, "with"))
	}
	p.steps(s, source.Get(job, "steps"))
}

// action reads an action.yml.
func (p *Page) action(doc *source.YAML, root *yaml.Node) {
	s := p.scopeOf(doc)
	s.inputs = source.Get(root, "inputs")
	p.scalars(s, root, "runs")
	p.steps(s, source.Get(root, "runs", "steps"))
	if using := source.Get(root, "runs", "using"); using != nil && using.Value == "docker" {
		p.scalars(s, source.Get(root, "runs"))
		p.Containers = append(p.Containers, doc.Text(using))
	}
}

func (p *Page) steps(s *scope, steps *yaml.Node) {
	var all Steps
	for _, step := range source.Items(steps) {
		inner := &scope{outer: s, doc: s.doc, budget: s.budget, env: source.Get(step, "env"), runner: s.runner}
		p.env(inner, inner.env, source.Get(step, "run") != nil)
		m := Mapping{inner, source.Deref(step)}
		p.step(m)
		all = append(all, m)
	}
	p.Jobs = append(p.Jobs, all)
}

func (p *Page) step(m Mapping) {
	p.scalars(m.scope, m.node, "run")
	if m.Has("run") {
		p.run(m)
		p.bakeCalls(m.Text("run"))
		p.builtBy(m.Value("run"))
		if inLine(m.Value("run"), elsewhereRE(), "bake", "compose", "make", "just", "task", ".sh", "/") {
			p.leads()
		}
	}
	if m.Has("uses") {
		p.uses(m)
	}
	with := Mapping{m.scope, source.Get(m.node, "with")}
	if with.Has("set") {
		p.bakeAction(with)
	}
	for _, line := range with.Text("cache-to").Lines() {
		p.export(line, imageIn(with))
	}
}

// imageIn identifies the image of a build-push-action.
func imageIn(with Mapping) string {
	var out strings.Builder
	for _, key := range []string{"context", "file", "target", "platforms"} {
		if with.Has(key) {
			out.WriteString(key + ": " + with.Value(key) + "\n")
		}
	}
	return out.String()
}
