package migrate

import (
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
)

// Service is the cache service that the files run against.
type Service string

const (
	// ServiceAuto tells the service from Options.Host and the files, each workflow for itself.
	ServiceAuto Service = "auto"
	// ServiceV1 is a service without version 2: GHES, Gitea, Forgejo, act. There only what holds on
	// both versions is fixed.
	ServiceV1 Service = "v1"
	// ServiceV2 is github.com or *.ghe.com, or another service with version 2.
	ServiceV2 Service = "v2"

	serviceUnknown Service = "unknown"
)

// evidence is what a file says about its cache service, each a reason in words.
type evidence struct{ v1, v2, other string }

// see takes the URL of a service into account. GitHub's hosts say nothing new,
// and a variable alone is mostly the runner's.
func (e *evidence) see(raw string) {
	_, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	if !github.Cloud(host) {
		e.other = "it names the cache service " + host
	}
}

// alone is the service that the evidence speaks for by itself.
func (e evidence) alone() Service {
	service, _ := e.verdict(Options{})
	return service
}

// verdict is the service of a file, and why.
func (e evidence) verdict(o Options) (Service, string) {
	switch {
	case o.Service == ServiceV1 || o.Service == ServiceV2:
		return o.Service, "--service says so"
	case e.v1 != "":
		return ServiceV1, e.v1
	case e.other != "":
		return serviceUnknown, e.other
	case o.Host != "" && github.Cloud(o.Host):
		return ServiceV2, "the repository is on " + o.Host
	case o.Host != "":
		return ServiceV1, "the repository is on " + o.Host + ", and only github.com and ghe.com have version 2"
	case e.v2 != "":
		return ServiceV2, e.v2
	}
	return serviceUnknown, "nothing tells which service it runs on"
}

// settle keeps what is right for the service and withholds edits where it
// cannot be told.
func settle(findings []Finding, service Service, why string) []Finding {
	both := map[string]bool{}
	for _, r := range Rules() {
		both[r.ID] = r.any
	}
	var out []Finding
	var left *Finding
	count := 0
	for _, fd := range findings {
		switch {
		case fd.Rule == ruleService:
			if service == ServiceV1 {
				out = append(out, fd)
			}
			continue
		case both[fd.Rule] || service == ServiceV2:
		case service == ServiceV1:
			if count++; left == nil {
				left = &fd
			}
			continue
		case len(fd.Edits) > 0:
			fd.Edits, fd.Safe = nil, false
			fd.NoFix = why + "; name the service with --service v1 or --service v2"
		}
		out = append(out, fd)
	}
	if left == nil {
		return out
	}
	return append(out, Finding{
		Rule: ruleService, Certainty: Advice, File: left.File, offset: left.offset, Text: left.Text,
		Why: "version 1 must stay: " + why, NoFix: fmt.Sprintf("left as it is (%d places)", count),
	})
}

// spare withholds the edits that choose version 2 for good, where act runs the
// workflows, too: act has version 1 only. A newer builder does no harm there.
func spare(findings []Finding, act string) {
	for i := range findings {
		fd := &findings[i]
		if len(fd.Edits) > 0 && (fd.Rule == ruleVersion || fd.Rule == ruleFlag) {
			fd.Edits, fd.Safe = nil, false
			fd.NoFix = act + " says that act runs it, which has version 1 only; --service v2 edits it all the same"
		}
	}
}

// needsV2 drafts what is wrong if the service turns out to be version 1.
func (f *file) needsV2(t text, i int, shown string) {
	f.report(t, i, Finding{
		Rule: ruleService, Certainty: Certain, Text: shown,
		Why:   "this service has no version 2: there ACTIONS_RESULTS_URL is the artifact endpoint",
		NoFix: "take it out if the cache does not work",
	})
}
