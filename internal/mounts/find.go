package mounts

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Build is what decides which mounts a build uses.
type Build struct {
	Dockerfile []byte
	Args       map[string]string // build arguments
	Target     string            // stage; empty is the last
	Platforms  []string          // that the build is for, such as linux/amd64; none: Native
	Native     string            // platform of the builder
}

// namespaceArg is the build argument that BuildKit puts before the IDs of mounts (frontend/dockerui).
const namespaceArg = "BUILDKIT_CACHE_MOUNT_NS"

// LeftOut is a mount of a Dockerfile that cannot be told without the build.
type LeftOut struct {
	Target string // empty: it is unknown
	Line   int    // of the Dockerfile
	Reason string
}

// String says that it is left out, and why.
func (l LeftOut) String() string {
	which := "a mount"
	if l.Target != "" {
		which = fmt.Sprintf("the mount %q", l.Target)
	}
	return fmt.Sprintf("%s in line %d of the Dockerfile is left out: %s", which, l.Line, l.Reason)
}

// Match reports whether a glob selects it by its target, as far as that is known.
func (l LeftOut) Match(glob string) bool {
	return l.Target != "" && Mount{ID: "/" + path.Clean(l.Target)}.Match(glob)
}

// Find returns the cache mounts that a build can use on any of its platforms: those in the stages that its target needs. It
// reads the Dockerfile with BuildKit's parser. It resolves arguments and variables, but for those that a base image sets: a
// mount that needs one is left out, and so is one with a base from an image or a stage.
func Find(b Build) ([]Mount, []LeftOut, error) {
	if len(b.Platforms) == 0 {
		b.Platforms = []string{b.Native}
	}
	f := &finder{build: b}
	for _, platform := range b.Platforms {
		if err := f.find(platform); err != nil {
			return nil, nil, err
		}
	}
	return f.found, f.leftOut, nil
}

type finder struct {
	build   Build
	found   []Mount
	leftOut []LeftOut

	// For one platform:
	shlex  *shell.Lex
	global env
	stages []instructions.Stage
	envs   map[int]env // at the end of each stage
}

func (f *finder) find(platform string) error {
	ast, err := parser.Parse(bytes.NewReader(f.build.Dockerfile))
	if err != nil {
		return fmt.Errorf("reading the Dockerfile: %w", err)
	}
	stages, metaArgs, err := instructions.Parse(ast.AST, nil)
	if err != nil {
		return fmt.Errorf("reading the Dockerfile: %w", err)
	}
	f.shlex, f.global, f.stages, f.envs = shell.NewLex(ast.EscapeToken), platformArgs(f.build, platform), stages, map[int]env{}
	for _, meta := range metaArgs {
		f.declare(f.global, meta.Args, false)
	}
	last, err := f.target()
	if err != nil {
		return err
	}
	needed := map[int]bool{}
	f.need(last, needed)
	for i := range stages {
		if err := f.stage(i, needed[i]); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) target() (int, error) {
	if f.build.Target == "" {
		if len(f.stages) == 0 {
			return 0, fmt.Errorf("the Dockerfile has no stage")
		}
		return len(f.stages) - 1, nil
	}
	if i, ok := instructions.HasStage(f.stages, f.build.Target); ok {
		return i, nil
	}
	if i, err := strconv.Atoi(f.build.Target); err == nil && i >= 0 && i < len(f.stages) {
		return i, nil
	}
	return 0, fmt.Errorf("the Dockerfile has no stage %q", f.build.Target)
}

// need marks a stage and those that it is made from.
func (f *finder) need(i int, needed map[int]bool) {
	if needed[i] {
		return
	}
	needed[i] = true
	from := []string{f.expand(f.stages[i].BaseName, f.global).text}
	for _, c := range f.stages[i].Commands {
		switch c := c.(type) {
		case *instructions.CopyCommand:
			from = append(from, c.From)
		case *instructions.RunCommand:
			for _, m := range instructions.GetMounts(c) {
				from = append(from, m.From)
			}
		}
	}
	for _, name := range from {
		if n, ok := f.stageBefore(name, i); ok {
			f.need(n, needed)
		}
	}
}

// stageBefore finds the stage that a name or number means in the i-th.
func (f *finder) stageBefore(name string, i int) (int, bool) {
	if name == "" {
		return 0, false
	}
	for n := i - 1; n >= 0; n-- {
		if strings.EqualFold(f.stages[n].Name, name) {
			return n, true
		}
	}
	n, err := strconv.Atoi(name)
	return n, err == nil && n >= 0 && n < i
}

// stage goes through the commands of a stage, which change what variables are.
func (f *finder) stage(i int, needed bool) error {
	s := f.stages[i]
	vars := env{}
	base := f.expand(s.BaseName, f.global).text
	if n, ok := f.stageBefore(base, i); ok {
		vars = f.envs[n].clone()
	}
	f.envs[i] = vars
	for _, c := range s.Commands {
		switch c := c.(type) {
		case *instructions.ArgCommand:
			f.declare(vars, c.Args, true)
		case *instructions.EnvCommand:
			before := vars.clone() // of one ENV, all values are expanded with what was before it
			for _, pair := range c.Env {
				vars[pair.Key] = f.expand(pair.Value, before)
			}
		case *instructions.RunCommand:
			if err := f.run(c, vars, needed); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) run(c *instructions.RunCommand, vars env, needed bool) error {
	unknown := ""
	line := 0
	if at := c.Location(); len(at) > 0 {
		line = at[0].Start.Line
	}
	err := c.Expand(func(word string) (string, error) {
		w := f.expand(word, vars)
		if w.unknown != "" {
			unknown = w.unknown
			return word, nil
		}
		return w.text, nil
	})
	if unknown != "" && needed {
		f.leave(LeftOut{Line: line, Reason: fmt.Sprintf("the variable %s is not known before the build", unknown)})
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the Dockerfile, line %d: %w", line, err)
	}
	for _, m := range instructions.GetMounts(c) {
		if m.Type == instructions.MountTypeCache && needed {
			f.add(m, line)
		}
	}
	return nil
}

func (f *finder) leave(l LeftOut) {
	if !slices.Contains(f.leftOut, l) { // as on the platform before
		f.leftOut = append(f.leftOut, l)
	}
}

func (f *finder) add(m *instructions.Mount, line int) {
	if m.From != "" && m.From != "scratch" || path.Join("/", m.Source) != "/" {
		f.leave(LeftOut{m.Target, line, "its base is from an image or a stage (from=, source=)"})
		return
	}
	id := m.CacheID
	if id == "" {
		id = path.Clean(m.Target)
	}
	mount := Mount{ID: f.build.Args[namespaceArg] + "/" + id}
	if m.UID != nil || m.GID != nil || m.Mode != nil {
		mount.Base = &Base{Mode: 0o755}
		if m.UID != nil {
			mount.Base.UID = int(*m.UID)
		}
		if m.GID != nil {
			mount.Base.GID = int(*m.GID)
		}
		if m.Mode != nil {
			mount.Base.Mode = os.FileMode(*m.Mode)
		}
	}
	if !slices.ContainsFunc(f.found, mount.Same) {
		f.found = append(f.found, mount)
	}
}
