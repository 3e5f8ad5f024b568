package rules

import (
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// installs is the component that an action installs, and the inputs for its
// version. Forks keep the name, and mostly the inputs.
func installs(a scan.Action) (c component, inputs []string) {
	switch name := a.Name(); {
	case strings.Contains(name, "setup-buildx") || name == "ghaction-docker-buildx":
		return buildx(), []string{"version", "buildx-version"}
	case strings.Contains(name, "setup-compose") || strings.Contains(name, "setup-docker-compose"):
		return compose(), []string{"version"}
	case strings.Contains(name, "setup-docker"):
		return engine(), []string{"version", "docker-version"}
	case name == "sccache-action":
		return sccache(), []string{"version"}
	}
	return component{}, nil
}

// installed judges the inputs of a step that name a version.
func installed(a scan.Action) (out []Finding) {
	c, inputs := installs(a)
	for _, input := range inputs {
		if !a.With.Has(input) {
			continue
		}
		for _, v := range a.With.Resolve(a.With.Text(input)) {
			out = append(out, inputVersion(v, c, fmt.Sprintf("%s of %s", input, a.Repo))...)
		}
	}
	return out
}

// inputVersion judges v0.12.0, latest, lab:V, cloud:V, a git URL with #V, and
// type=archive,version=V.
func inputVersion(t source.Text, c component, what string) []Finding {
	p := pin{component: c, t: t, shown: t.Value, what: what}
	value := t.Value
	for _, a := range source.Attributes(t.Value) {
		if a.Key == "version" || a.Key == "tag" {
			p.i, value = a.From, t.Value[a.From:a.End]
		}
	}
	if _, ref, ok := strings.Cut(value, "#"); ok {
		p.i, value = p.i+len(value)-len(ref), ref
	}
	prefix, rest, named := strings.Cut(value, ":")
	if named && (prefix == "lab" || prefix == "cloud") {
		p.i, value = p.i+len(prefix)+1, rest
		p.fix, p.noFix = "use "+prefix+":latest", "releases of this line have numbers of their own"
	}
	found := leading(value)
	p.j = p.i + len(found)
	switch {
	case strings.Contains(value, "${{"):
		return p.unknown()
	case found != "":
		return p.judge()
	}
	return nil
}

// Sink is an input of an action or reusable workflow that sets the version of a
// component.
type Sink struct {
	input string
	component
}

var (
	inputRE    = lazyregexp.New(`^\$\{\{\s*inputs\.([\w-]+)\b[^}]*\}\}$`)
	kitInputRE = lazyregexp.New(`/buildkit:\$\{\{\s*inputs\.([\w-]+)\b`)
)

// Sinks returns the inputs of a file that set the version of something that it
// installs, or the tag of a BuildKit image.
func Sinks(p *scan.Page) (out []Sink) {
	for _, line := range p.Inputs {
		for _, m := range kitInputRE().FindAllStringSubmatch(line, -1) {
			out = append(out, Sink{m[1], buildkit()})
		}
	}
	for _, a := range p.Actions {
		c, inputs := installs(a)
		for _, input := range inputs {
			if m := inputRE().FindStringSubmatch(strings.TrimSpace(a.With.Value(input))); m != nil {
				out = append(out, Sink{m[1], c})
			}
		}
	}
	return out
}

// Handed judges what a call, in a file with that content, hands to the sinks of the
// file that it calls.
func Handed(c scan.Call, sinks []Sink, src []byte, minimum bool) (out []Finding) {
	for _, s := range sinks {
		for _, given := range c.With {
			if !strings.EqualFold(given.Input, s.input) {
				continue
			}
			for _, v := range given.Values {
				out = append(out, inputVersion(v, s.component, s.input+" of ./"+c.Path)...)
			}
		}
	}
	return choose(out, src, minimum)
}
