package diagnose

import (
	"slices"
	"strings"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// A Cause is one reason for which a gha cache fails, with what to do about it.
type Cause struct {
	ID      string   `json:"id"`      // stable, kebab-case
	Title   string   `json:"title"`   // one line, lower case
	Certain bool     `json:"certain"` // false: the text has other explanations
	Advice  []string `json:"advice"`  // commands, flags or YAML; one to a hint line

	least frame   // how clearly the line must be an error
	match pattern // against the message without its wrappers
	proof pattern // what the message of a probable cause must also have to make it certain, nil for nothing

	common bool     // other programs have the same text: it counts only in the frame of BuildKit
	leads  []string // causes that this one explains, if both are found
	rooted bool     // it counts only with one that it explains: alone it may be about anything

	hostPort string // of the service, where the message tells
}

// Catalogue returns every known cause, the more specific before the more general.
func Catalogue() []Cause {
	known := slices.CompactFunc(slices.Clone(catalogue()), func(a, b Cause) bool { return a.ID == b.ID })
	return append(known, loopbackOutOfReach(), loopbackElsewhere(), loopbackSilent(), droppedCause(), anotherError())
}

// catalogue is compiled on first use: most runs never read a log.
var catalogue = sync.OnceValue(func() []Cause { //nolint:gochecknoglobals // the same for every log
	return slices.Concat(versionCauses(), setupCauses(), builderCauses(), optionCauses(), serviceCauses(), failedServiceCauses(), blobCauses(), networkCauses(), restCauses(), lastCauses())
})

func certain(id, title string, least frame, match string, advice ...string) Cause {
	return Cause{ID: id, Title: title, Certain: true, Advice: advice, least: least, match: compile(match)}
}

func probable(id, title string, least frame, match string, advice ...string) Cause {
	c := certain(id, title, least, match, advice...)
	c.Certain = false
	return c
}

// provedBy makes the cause certain where the message has such a text.
func (c Cause) provedBy(text string) Cause {
	c.Certain, c.proof = false, compile(text)
	return c
}

// commonly is the cause of a text that other programs have too.
func (c Cause) commonly() Cause {
	c.common = true
	return c
}

// leadsTo is the cause where it explains the others, if a log shows them.
func (c Cause) leadsTo(ids ...string) Cause {
	c.leads = ids
	return c
}

// onlyThen is the cause where it counts only with one that it explains.
func (c Cause) onlyThen() Cause {
	c.rooted = true
	return c
}

// Claim is the title, with how sure it is.
func (c Cause) Claim() string {
	if c.Certain {
		return c.Title
	}
	return "probably: " + c.Title
}

// address, in a title or an advice, is what the first group of the expression matched.
const address = "HOST:PORT"

// of is the cause as a message shows it.
func (c Cause) of(core string) Cause {
	if c.proof != nil {
		c.Certain = c.proof.MatchString(core)
	}
	m := c.match.FindStringSubmatch(core)
	if m == nil {
		m = c.match.FindStringSubmatch("toolkit: " + core)
	}
	for i := 1; i < len(m); i++ {
		if m[i] != "" {
			return c.at(m[i])
		}
	}
	return c
}

// at puts the address of the service into the texts.
func (c Cause) at(hostPort string) Cause {
	c.hostPort = hostPort
	c.Title = strings.ReplaceAll(c.Title, address, hostPort)
	c.Advice = slices.Clone(c.Advice)
	for i := range c.Advice {
		c.Advice[i] = strings.ReplaceAll(c.Advice[i], address, hostPort)
	}
	return c
}

// What several causes advise, and checks of package doctor.
const (
	ignoreError = "--cache-to type=gha,…,ignore-error=true   # a failing export no longer fails the build"
	newBuilder  = release.CreateBuilder
	migrate     = "docker ghacache migrate-v2"
	StatusPage  = "https://www.githubstatus.com"
	Retry       = "run the job again"
	Doctor      = "docker ghacache doctor"
	BypassProxy = "NO_PROXY=results-receiver.actions.githubusercontent.com,.blob.core.windows.net"
	ownScope    = "scope=NAME   # one for each image and platform"
)
