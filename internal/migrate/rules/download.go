package rules

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var (
	checksumRE = lazyregexp.New(`(?i)sha(?:256|512)(?:sum|=|:|\s)|checksum`)
	downloadRE = lazyregexp.New(`(docker/buildx|docker/compose|actions/runner|mozilla/sccache)/releases/download/`)
)

// downloads finds releases that are downloaded from GitHub. The version is in the
// path and mostly also in the file's name.
func downloads(t source.Text) (out []Finding) {
	if !names(t.Value, "/releases/download/") {
		return nil
	}
	for _, m := range downloadRE().FindAllStringSubmatchIndex(t.Value, -1) {
		c := map[string]component{"docker/buildx": buildx(), "docker/compose": compose(),
			"actions/runner": runner(), "mozilla/sccache": sccache()}[t.Value[m[2]:m[3]]]
		end := m[1] + imageEnd(t.Value[m[1]:])
		version := leading(t.Value[m[1]:end])
		p := pin{component: c, t: t, i: m[1], j: m[1] + len(version), shown: t.Value[m[2]:end], again: end}
		if checksumRE().Match(t.File()) {
			p.unsafe, p.what = true, "a checksum in this file may be that of the download"
		}
		switch {
		case version == "" && strings.Contains(t.Value[m[1]:end], "$"):
			out = append(out, p.unknown()...)
		case version != "":
			out = append(out, p.judge()...)
		}
	}
	return out
}
