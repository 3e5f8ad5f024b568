package migrate

import (
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// call is a step or job that runs a composite action or a reusable workflow of
// the same repository.
type call struct {
	path string // from the repository's root
	s    *scope
	with *yaml.Node
}

// sink is an input that ends as a version of a component.
type sink struct {
	input string
	component
}

var (
	inputRE    = regexp.MustCompile(`^\$\{\{\s*inputs\.([\w-]+)\b[^}]*\}\}$`)
	kitInputRE = regexp.MustCompile(`/buildkit:\$\{\{\s*inputs\.([\w-]+)\b`)
)

// calls records a use of ./PATH.
func (f *file) call(s *scope, uses string, with *yaml.Node) {
	if local, ok := strings.CutPrefix(uses, "./"); ok {
		f.calls = append(f.calls, call{strings.TrimSuffix(local, "/"), s, with})
	}
}

// sinks records the inputs in the value of an input that names a version.
func (f *file) sink(value string, c component) {
	if m := inputRE.FindStringSubmatch(strings.TrimSpace(value)); m != nil {
		f.sinks = append(f.sinks, sink{m[1], c})
	}
}

// sinkImage records the inputs that end as the tag of a BuildKit image.
func (f *file) sinkImage(value string) {
	for _, m := range kitInputRE.FindAllStringSubmatch(value, -1) {
		f.sinks = append(f.sinks, sink{m[1], buildkit()})
	}
}

// follow judges what f hands to the actions and workflows among files.
func (f *file) follow(files []*file) {
	for _, c := range f.calls {
		for _, callee := range files {
			if f.means(c.path, callee) {
				f.hand(c, callee)
			}
		}
	}
}

// means says that path names callee. A path counts from the repository's root,
// which is above both files.
func (f *file) means(path string, callee *file) bool {
	there := filepath.ToSlash(callee.target)
	if callee.kind == kindAction {
		there = there[:strings.LastIndexByte(there, '/')]
	}
	root, ok := strings.CutSuffix(there, "/"+path)
	return ok && strings.HasPrefix(filepath.ToSlash(f.target), root+"/")
}

func (f *file) hand(c call, callee *file) {
	for _, s := range callee.sinks {
		n := get(c.with, s.input)
		if n == nil {
			continue
		}
		for _, v := range c.s.expand(c.s.doc.text(n)) {
			f.version(v, s.component, s.input+" of ./"+c.path)
		}
	}
}
