package migrate

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
)

// kind is how a file is read.
type kind int

const (
	kindNone kind = iota
	kindWorkflow
	kindAction
	kindHCL
	kindJSON
	kindCompose
	kindShell
	kindMake
	kindJust
	kindDockerfile
)

var (
	workflowDirRE = regexp.MustCompile(`(?:^|/)\.(?:github|gitea|forgejo)/workflows$`)
	composeRE     = regexp.MustCompile(`^(?:docker-)?compose(?:[._-].*)?\.ya?ml$`)
	dockerfileRE  = regexp.MustCompile(`^(?i:dockerfile|containerfile)(?:\..*)?$|\.(?i:dockerfile)$`)
	makeRE        = regexp.MustCompile(`^(?i:gnumakefile|makefile)(?:\..*)?$|\.mk$`)
	justRE        = regexp.MustCompile(`^(?i:\.?justfile)$|\.just$`)
	shebangRE     = regexp.MustCompile(`^#!\s*\S*/(?:env\s+)?(?:-S\s+)?(?:ba|da|k|z)?sh\b`)
)

// kindByPath tells most files by their path; slash says that the path uses it.
func kindByPath(path string) kind {
	path = filepath.ToSlash(path)
	dir, name := "", path
	if n := strings.LastIndexByte(path, '/'); n >= 0 {
		dir, name = path[:n], path[n+1:]
	}
	ext := strings.ToLower(filepath.Ext(name))
	yaml := ext == ".yml" || ext == ".yaml"
	switch {
	case yaml && workflowDirRE.MatchString(dir):
		return kindWorkflow
	case name == "action.yml" || name == "action.yaml":
		return kindAction
	case composeRE.MatchString(name):
		return kindCompose
	case ext == ".hcl":
		return kindHCL
	case ext == ".json" && strings.Contains(name, "bake"):
		return kindJSON
	case ext == ".sh" || ext == ".bash":
		return kindShell
	case makeRE.MatchString(name):
		return kindMake
	case justRE.MatchString(name):
		return kindJust
	case dockerfileRE.MatchString(name):
		return kindDockerfile
	}
	return kindNone
}

// kindByContent tells a file that was named on the command line, or a script
// without an extension. The outermost section counts, and of several the first: a
// service of a compose file may be called jobs.
func kindByContent(path string, src []byte) kind {
	if shebangRE.Match(src) {
		return kindShell
	}
	ext := strings.ToLower(filepath.Ext(path))
	if ext != ".yml" && ext != ".yaml" && ext != ".json" {
		return kindNone
	}
	found, least := kindNone, len(src)
	for _, m := range sectionRE.FindAllSubmatchIndex(src, -1) {
		if indent := m[3] - m[2]; indent < least {
			found, least = kindOfSection(string(src[m[4]:m[5]])), indent
		}
	}
	return found
}

// sectionRE finds the sections that tell what a file is. JSON indents them.
var sectionRE = regexp.MustCompile(`(?m)^([ \t]{0,2})"?(jobs|runs|services|target)"?\s*:`)

// kindOfSection is the kind of a file with that section.
func kindOfSection(name string) kind {
	return map[string]kind{"jobs": kindWorkflow, "runs": kindAction, "services": kindCompose, "target": kindJSON}[name]
}

// hints are words without one of which there is nothing to find in a file.
func hints() [][]byte {
	var out [][]byte
	for _, w := range []string{"buildx", "buildkit", "gha", "actions/cache", "ACTIONS_CACHE", "docker:", "docker@", "setup-docker",
		"setup-compose", "docker/compose/", "actions-runner", "actions/runner", "sccache", "type=local", "docker/"} {
		out = append(out, []byte(w))
	}
	return out
}

// worth is a quick look, before parsing.
func worth(src []byte, hints [][]byte) bool {
	for _, w := range hints {
		if bytes.Contains(src, w) {
			return true
		}
	}
	return false
}
