package migrate

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// followCalls judges what files hand to the actions and workflows among them.
func followCalls(files []*file, minimum bool) {
	callees := map[string][]*file{} // by the last part of their path
	for _, f := range files {
		if len(f.sinks) > 0 {
			name := path.Base(place(f.File))
			callees[name] = append(callees[name], f)
		}
	}
	for _, f := range files {
		for _, c := range f.calls {
			for _, callee := range callees[path.Base(c.Path)] {
				if means(f.File, c.Path, callee.File) {
					for _, fd := range rules.Handed(c, callee.sinks, f.Src, minimum) {
						fd.Pin = fd.Pin && !callee.gha
						f.findings = append(f.findings, fd)
					}
				}
			}
		}
	}
}

// place is the path by which a call names a file: an action by its directory.
func place(f *source.File) string {
	there := filepath.ToSlash(f.Target)
	if f.Kind == source.Action {
		there = there[:strings.LastIndexByte(there, '/')]
	}
	return there
}

// means says that a call, in a file, names callee. Its path counts from the
// repository's root, which is above both files.
func means(in *source.File, call string, callee *source.File) bool {
	root, ok := strings.CutSuffix(place(callee), "/"+call)
	return ok && strings.HasPrefix(filepath.ToSlash(in.Target), root+"/")
}
