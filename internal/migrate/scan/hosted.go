package scan

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var hostedRE = lazyregexp.New(`^(?i:ubuntu|windows|macos)-(?:latest|slim|[0-9])`)

// Runner is whose runner a job runs on.
type Runner int

// The runners. Unknown is that of an action, of a called workflow, or of a label that
// is not resolved.
const (
	Unknown Runner = iota
	Hosted         // GitHub's
	Own            // not GitHub's
)

// runner tells whose runner a job runs on.
func (p *Page) runner(s *scope, runsOn *yaml.Node) Runner {
	labels := source.Items(runsOn)
	if n := source.Get(runsOn, "labels"); n != nil {
		labels = slices.Concat(source.Items(n), []*yaml.Node{n})
	}
	if n := source.Deref(runsOn); n != nil && n.Kind == yaml.ScalarNode {
		labels = []*yaml.Node{n}
	}
	found := map[Runner]bool{}
	for _, label := range labels {
		for _, v := range s.expand(s.doc.Text(label)) {
			switch {
			case hostedRE().MatchString(v.Value):
				p.Runners = append(p.Runners, v.Value)
				found[Hosted] = true
			case strings.Contains(v.Value, "${{"):
				found[Unknown] = true
			case v.Value != "":
				found[Own] = true
			}
		}
	}
	switch {
	case found[Unknown] || len(found) == 0 || found[Hosted] && found[Own] && len(labels) == 1:
		return Unknown
	case found[Hosted]:
		return Hosted
	}
	return Own
}
