package buildrun

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"
)

// mountBuild is where the Dockerfile of a build is, and what it is built with.
type mountBuild struct {
	context, file, inline string
	target                string
	args                  map[string]string
	platforms             []string
}

// read returns the Dockerfile, if it is a file of this machine.
func (b mountBuild) read() ([]byte, error) {
	if b.inline != "" {
		return []byte(b.inline), nil
	}
	file := b.file
	if file == "" {
		file = "Dockerfile"
	}
	if info, err := os.Stat(b.context); b.context != "" && (err != nil || !info.IsDir()) {
		return nil, fmt.Errorf("the Dockerfile is in the context %q, which is not a folder of this machine", b.context)
	}
	if file == "-" {
		return nil, errors.New("the Dockerfile comes from standard input")
	}
	if b.file == "" {
		file = filepath.Join(b.context, file)
	}
	return os.ReadFile(file)
}

// mountBuildOf is what the command line of build says.
func (inv *invocation) mountBuildOf() []mountBuild {
	if !builds(inv.call("")) {
		return nil
	}
	b := mountBuild{args: map[string]string{}, platforms: inv.platforms("")}
	b.file, _ = inv.flag("file")
	b.target, _ = inv.flag("target")
	for _, arg := range inv.args {
		if arg.Operand() {
			b.context = arg.Value
		}
		if arg.Name != "build-arg" {
			continue
		}
		name, value, ok := strings.Cut(arg.Value, "=")
		if !ok {
			if value, ok = inv.env.Lookup(name); !ok {
				continue
			}
		}
		b.args[name] = value
	}
	return []mountBuild{b}
}

// mountBuilds are those of the targets that are built.
func (ts bakeTargets) mountBuilds() []mountBuild {
	var all []mountBuild
	for name := range ts {
		t := ts[name]
		if !builds(t.Call) {
			continue
		}
		b := mountBuild{context: t.Context, inline: t.Inline, target: t.Target, args: t.Args, platforms: t.Platforms}
		if t.Dockerfile != "" {
			b.file = t.Dockerfile
			if !filepath.IsAbs(b.file) {
				b.file = filepath.Join(b.context, b.file) // unlike with build
			}
		}
		all = append(all, b)
	}
	return all
}

func (o *ghaOptions) addMountFlags(flags *pflag.FlagSet) {
	flags.Var(&o.mounts, "gha-mounts", "Before the build, restore the cache mounts (RUN --mount=type=cache) that the builder does not have; after it, save those that it used and that changed. A glob selects them by id or target")
	flags.Lookup("gha-mounts").NoOptDefVal = "*"
	flags.Var(&o.mountsMax, "gha-mounts-max", "The most that the saved cache mounts of a build may take, before they are compressed; the largest are left out first")
	flags.StringVar(&o.mountsHelper, "gha-mounts-helper", "", "Program that packs cache mounts inside the builder, in place of the one in this program")
}

// sizeValue is a size as docker writes it, in bytes. Zero is the default.
type sizeValue int64

func (s sizeValue) bytes() int64 {
	const byDefault = 2 << 30
	return cmp.Or(int64(s), byDefault)
}

// Set implements [pflag.Value].
func (s *sizeValue) Set(value string) error {
	n, err := units.RAMInBytes(value)
	if err == nil && n <= 0 {
		err = errors.New("want a size, such as 2GB")
	}
	*s = sizeValue(n)
	return err
}

// String implements [pflag.Value].
func (s sizeValue) String() string {
	return strings.ReplaceAll(units.CustomSize("%.4g%s", float64(s.bytes()), 1024, []string{"B", "KB", "MB", "GB", "TB"}), " ", "")
}

// Type implements [pflag.Value].
func (s *sizeValue) Type() string { return "size" }
