package migrate

import (
	"bytes"
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// Service is the cache service that the files run against.
type Service string

const (
	// ServiceAuto finds the service from Options.Host and the files, for each
	// workflow separately.
	ServiceAuto Service = "auto"
	// ServiceV1 is a service without version 2: GHES, Gitea, Forgejo, act. Only
	// mistakes that matter to both versions are fixed there.
	ServiceV1 Service = "v1"
	// ServiceV2 is github.com or *.ghe.com, or another service with version 2.
	ServiceV2 Service = "v2"

	serviceUnknown Service = "unknown"
)

// evidence is what a file shows about its cache service. Each field is a reason in
// words, or empty.
type evidence struct{ v1, v2, other string }

// see adds the URL of a service. It ignores GitHub's hosts, and variables alone,
// which are mostly the runner's.
func (e *evidence) see(raw string) {
	_, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	if !github.Cloud(host) {
		e.other = "it sets the cache service " + host
	}
}

// alone is the service that the evidence shows without options.
func (e evidence) alone() Service {
	service, _ := e.verdict(Options{})
	return service
}

// verdict is the service of a file, and the reason.
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
		return ServiceV1, "the repository is on " + o.Host + "; if its service has version 2, add --service v2"
	case e.v2 != "":
		return ServiceV2, e.v2
	}
	return serviceUnknown, "its cache service is unknown"
}

// evidenceOf collects the evidence of a page.
func evidenceOf(p *scan.Page) (e evidence) {
	if p.Runners != nil {
		e.v2 = "it runs on " + p.Runners[0] + ", which GitHub hosts"
	}
	e.v1 = v1Reason(p)
	for _, x := range p.Entries {
		for _, a := range source.Attributes(x.Text.Value) {
			if strings.TrimSpace(a.Key) == "url" {
				e.see(x.Text.Value[a.From:a.End])
			}
		}
	}
	for _, x := range p.Objects {
		e.see(x.URL)
	}
	for _, env := range p.Env {
		for name, value := range env.Pairs() {
			if name.Value == "ACTIONS_CACHE_URL" || name.Value == "ACTIONS_RESULTS_URL" {
				e.see(value.Value)
			}
		}
	}
	return e
}

// v1Reason is the reason why a page belongs to Gitea or Forgejo, or "".
func v1Reason(p *scan.Page) string {
	if p.Scheme != "" {
		return "it gives the URL of an action (" + p.Scheme + "), which only Gitea and Forgejo accept"
	}
	for _, name := range []string{"forgejo", "gitea"} {
		if bytes.Contains(p.File.Src, []byte("${{ "+name+".")) {
			return "it uses the context " + name
		}
	}
	path := filepath.ToSlash(p.File.Target)
	if strings.Contains(path, "/.gitea/") || strings.Contains(path, "/.forgejo/") {
		return "it is a workflow of Gitea or Forgejo"
	}
	return ""
}

// together is the service that the workflows show, if they agree. It serves files
// that do not show it themselves.
func together(files []*file) evidence {
	var all evidence
	for _, f := range files {
		switch {
		case f.File.Kind != source.Workflow || f.evidence == evidence{}:
		case all == evidence{} || all.alone() == f.evidence.alone():
			all = f.evidence
		default:
			return evidence{other: "the workflows use different cache services"}
		}
	}
	return all
}
