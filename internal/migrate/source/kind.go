package source

import (
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// Kind is the format of a file.
type Kind int

// The kinds of files. None is an unknown kind.
const (
	None Kind = iota
	Workflow
	Action
	HCL
	JSON
	Compose
	Shell
	Make
	Just
	Dockerfile
)

var (
	workflowDirRE = lazyregexp.New(`(?:^|/)\.(?:github|gitea|forgejo)/workflows$`)
	composeRE     = lazyregexp.New(`^(?:docker-)?compose(?:[._-].*)?\.ya?ml$`)
	dockerfileRE  = lazyregexp.New(`^(?i:dockerfile|containerfile)(?:\..*)?$|\.(?i:dockerfile)$`)
	makeRE        = lazyregexp.New(`^(?i:gnumakefile|makefile)(?:[._-].*)?$|(?i:\.(?:mk|mak|make|makefile|gnumakefile))$`)
	justRE        = lazyregexp.New(`^(?i:\.?justfile)$|\.just$`)
	shebangRE     = lazyregexp.New(`^#!\s*\S*/(?:env\s+)?(?:-S\s+)?(?:ba|da|k|z)?sh\b`)
)

// kindByPath recognises most files by their path. Slash is the path with slashes.
func kindByPath(path string) Kind {
	path = filepath.ToSlash(path)
	dir, name := "", path
	if n := strings.LastIndexByte(path, '/'); n >= 0 {
		dir, name = path[:n], path[n+1:]
	}
	ext := strings.ToLower(filepath.Ext(name))
	yaml := ext == ".yml" || ext == ".yaml"
	switch {
	case yaml && workflowDirRE().MatchString(dir):
		return Workflow
	case name == "action.yml" || name == "action.yaml":
		return Action
	case composeRE().MatchString(name):
		return Compose
	case ext == ".hcl":
		return HCL
	case ext == ".json" && strings.Contains(name, "bake"):
		return JSON
	case ext == ".sh" || ext == ".bash":
		return Shell
	case makeRE().MatchString(name):
		return Make
	case justRE().MatchString(name):
		return Just
	case dockerfileRE().MatchString(name):
		return Dockerfile
	}
	return None
}

// kindByContent recognises a file that was given on the command line, or a script
// without an extension. The outermost section counts, and the first of several,
// because a service of a compose file may be called jobs.
func kindByContent(path string, src []byte) Kind {
	if shebangRE().Match(src) {
		return Shell
	}
	ext := strings.ToLower(filepath.Ext(path))
	if ext != ".yml" && ext != ".yaml" && ext != ".json" {
		return None
	}
	found, least := None, len(src)
	for _, m := range sectionRE().FindAllSubmatchIndex(src, -1) {
		if indent := m[3] - m[2]; indent < least {
			found, least = kindOfSection(string(src[m[4]:m[5]])), indent
		}
	}
	return found
}

// sectionRE finds the sections that tell what a file is. JSON indents them.
var sectionRE = lazyregexp.New(`(?m)^([ \t]{0,2})"?(jobs|runs|services|target)"?\s*:`)

// kindOfSection is the kind of a file with that section.
func kindOfSection(name string) Kind {
	return map[string]Kind{"jobs": Workflow, "runs": Action, "services": Compose, "target": JSON}[name]
}
