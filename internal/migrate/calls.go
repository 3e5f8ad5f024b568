package migrate

import (
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// followCalls judges the inputs that files pass to local actions and workflows.
func followCalls(files []*file) {
	sinks := make([][]rules.Sink, len(files))
	for i, f := range files {
		sinks[i] = rules.Sinks(f.Page)
	}
	for _, f := range files {
		for _, c := range f.Calls {
			for i, callee := range files {
				if len(sinks[i]) > 0 && means(f.File, c.Path, callee.File) {
					f.findings = append(f.findings, rules.Handed(c, sinks[i])...)
				}
			}
		}
	}
}

// means reports whether path, in a file, is the file callee. A path begins at the
// repository's root, which is above both files.
func means(in *source.File, path string, callee *source.File) bool {
	there := filepath.ToSlash(callee.Target)
	if callee.Kind == source.Action {
		there = there[:strings.LastIndexByte(there, '/')]
	}
	root, ok := strings.CutSuffix(there, "/"+path)
	return ok && strings.HasPrefix(filepath.ToSlash(in.Target), root+"/")
}
