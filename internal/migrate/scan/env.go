package scan

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var buildsRE = lazyregexp.New(`\b(?:docker|docker-compose|buildx|buildctl|make|just)\b|\.sh\b`)

// env adds a mapping of variables. It skips an alias, because its anchor is scanned
// anyway.
func (p *Page) env(s *scope, vars *yaml.Node, seen bool) {
	if vars = plain(vars); vars != nil {
		p.Env = append(p.Env, Env{Mapping{s, vars}, seen})
	}
}

// inLine says that a line of a script matches, where every match has one of the words.
func inLine(script string, re *regexp.Regexp, words ...string) bool {
	for line := range strings.Lines(script) {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) }) && re.MatchString(line) {
			return true
		}
	}
	return false
}

// runsBuilds reports whether a step below n is a script that builds.
func runsBuilds(n *yaml.Node) bool {
	if n = plain(n); n == nil || n.Kind == yaml.ScalarNode {
		return false
	}
	for k, v := range source.Pairs(n) {
		if k.Value == "run" && v.Kind == yaml.ScalarNode && inLine(v.Value, buildsRE(), "docker", "build", "make", "just", ".sh") || runsBuilds(v) {
			return true
		}
	}
	return slices.ContainsFunc(source.Items(n), runsBuilds)
}
