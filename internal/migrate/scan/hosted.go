package scan

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var hostedRE = regexp.MustCompile(`^(?i:ubuntu|windows|macos)-(?:latest|slim|[0-9])`)

// hosted reports whether a job runs on a runner of GitHub, or may do so.
func (p *Page) hosted(s *scope, runsOn *yaml.Node) bool {
	labels := source.Items(runsOn)
	if n := source.Get(runsOn, "labels"); n != nil {
		labels = slices.Concat(source.Items(n), []*yaml.Node{n})
	}
	if n := source.Deref(runsOn); n != nil && n.Kind == yaml.ScalarNode {
		labels = []*yaml.Node{n}
	}
	own := false
	for _, label := range labels {
		for _, v := range s.expand(s.doc.Text(label)) {
			switch {
			case hostedRE.MatchString(v.Value):
				p.Runners = append(p.Runners, v.Value)
				return true
			case v.Value != "" && !strings.Contains(v.Value, "${{"):
				own = true
			}
		}
	}
	return !own
}
