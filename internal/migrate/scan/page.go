package scan

import "github.com/docker-ghacache/docker-ghacache/internal/migrate/source"

// Page is the content of a file, in the order in which it was found.
type Page struct {
	File *source.File

	Words      []Word        // whatever may name a version, a cache or a variable
	Entries    []Entry       // the gha cache entries among the words
	Objects    []Object      // cache entries in their object form
	Exports    []Export      // builds that export a gha cache
	Env        []Env         // the env: of a workflow, a job or a step
	Assigned   []Variable    // variables of a Makefile, justfile or Dockerfile
	Keys       []source.Text // of the mappings of bake and compose files
	Jobs       []Steps       // the steps of each job or composite action
	Actions    []Action      // that steps use
	Containers []source.Text // what makes an action, or a step with a gha cache, run in a container
	Calls      []Call        // of actions and workflows in the same repository
	Inputs     []string      // lines that name an input, unresolved
	Runners    []string      // GitHub's, that jobs run on
	Scheme     string        // of an action that is named by a whole URL, as Gitea and Forgejo take it
	GHA        bool          // a gha cache is named
	Parts      []Part        // the jobs of a workflow
	Bakes      []Bake        // calls of bake

	budget *source.Budget
	inPart bool
	around Part // what is outside of all jobs
}

// bare is the scope of a file without expressions.
func (p *Page) bare() *scope { return &scope{budget: p.budget} }

// scopeOf is the outermost scope of a YAML file.
func (p *Page) scopeOf(doc *source.YAML) *scope { return &scope{doc: doc, budget: p.budget} }

// Word is a word of a script, a line of a YAML value, or a string of a bake file.
type Word struct {
	source.Text
	Key string // of the YAML value; "run" for a script
}

// Entry is a gha cache entry: Word.Value[At:] starts with it.
type Entry struct {
	Word source.Text
	At   int
	Text source.Text
}

// Object is a gha cache entry in the form of an object: {type: gha, version: 1}.
type Object struct {
	Version source.Text // empty if it is not said
	URL     string
}

// Export is a build that exports to a gha cache: Text.Value[At:] starts with the entry.
type Export struct {
	Text  source.Text
	At    int
	Scope string
	Image string // tells images of a file apart
}

// Env is a mapping of variables.
type Env struct {
	Mapping
	Seen bool // by a script that builds; JavaScript actions get the runner's variables
}

// Variable is an assignment outside of YAML.
type Variable struct {
	Name  string
	Value source.Text
}

// Steps are the steps of a job, one after the other.
type Steps []Mapping

// Call is a step or job that runs a composite action or reusable workflow of the
// same repository.
type Call struct {
	Path string // from the repository's root
	At   int    // where the step or job says so
	With []Given
}

// Given is a value that a call hands over.
type Given struct {
	Input  string
	Values []source.Text // what it can come to
}

func (p *Page) word(t source.Text, key string) {
	p.Words = append(p.Words, Word{t, key})
	if i, j, ok := source.Entry(t.Value); ok {
		p.named()
		p.Entries = append(p.Entries, Entry{t, i, t.Cut(i, j)})
	}
}

// expanded adds a word of a script with its expressions resolved.
func (p *Page) expanded(s *scope, w source.Text) {
	for _, v := range s.expand(w) {
		p.word(v, "run")
	}
}

func (p *Page) object(o Object) {
	p.named()
	p.Objects = append(p.Objects, o)
}

// export adds a build, if it exports to a gha cache.
func (p *Page) export(t source.Text, image string) {
	if i, j, ok := source.Entry(t.Value); ok {
		p.Exports = append(p.Exports, Export{t, i, source.Scope(t.Value[i:j]), image})
	}
}
