package migrate

import "go.yaml.in/yaml/v3"

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
