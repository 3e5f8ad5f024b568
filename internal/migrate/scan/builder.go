package scan

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

var (
	createsRE = lazyregexp.New(`\bbuildx\s+create\b`)
	usesRE    = lazyregexp.New(`\s--use\b|\bbuildx\s+use\b`)
	defaultRE = lazyregexp.New(`\bbuildx\s+use\s+(?:.*\s)?default\b|--builder[= ]["']?default\b|BUILDX_BUILDER["']?[=:]\s*["']?default\b`)
)

// builtBy records which builder a script makes the one to build with. buildx creates none
// with the docker driver.
func (p *Page) builtBy(script string) {
	part := p.part()
	if part == nil || !strings.Contains(script, "build") {
		return
	}
	part.Created = part.Created || createsRE().MatchString(script) && usesRE().MatchString(script)
	part.Default = part.Default || defaultRE().MatchString(script)
}

// builtWith records which builder a step that runs an action creates or asks for.
func (p *Page) builtWith(a Action) {
	part := p.part()
	if part == nil {
		return
	}
	part.Default = part.Default || a.With.Value("builder") == "default"
	driver := a.With.Value("driver")
	if strings.Contains(a.Name(), "setup-buildx") && a.With.Value("use") != "false" && driver != "docker" && !strings.Contains(driver, "$") {
		part.Created = true
	}
}
