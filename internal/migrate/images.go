package migrate

import (
	"regexp"
	"strings"
)

var imageRE = regexp.MustCompile(`((?:[A-Za-z0-9_.-]+(?::[0-9]+)?/)*(?:buildkit|buildx-bin|docker|actions-runner))(:|@sha256:)`)

// images looks for images of the components. A mirror may lack the new tag and
// a digest belongs to one tag only: neither is a safe fix.
func (f *file) images(t text) {
	for _, m := range imageRE.FindAllStringSubmatchIndex(t.value, -1) {
		if m[0] > 0 && strings.ContainsAny(t.value[m[0]-1:m[0]], "._-$}{") || m[0] > 0 && wordByte(t.value[m[0]-1]) {
			continue
		}
		c, mirror, ok := imageOf(t.value[m[2]:m[3]])
		if !ok {
			continue
		}
		f.image(c, mirror, t, m[2], m[5])
	}
}

func (f *file) image(c component, mirror bool, t text, start, tag int) {
	rest := t.value[tag:]
	end := tag + imageEnd(rest)
	version := leading(t.value[tag:end])
	p := pin{component: c, t: t, i: tag, j: tag + len(version), shown: t.value[start:end], short: c.rule == ruleEngine}
	switch {
	case strings.HasPrefix(rest, "$") || strings.HasPrefix(rest, "{{"):
		p.shown = t.value[start:]
		f.unknown(p)
	case strings.HasSuffix(t.value[:tag], "@sha256:"):
		p.shown = t.value[start:min(len(t.value), tag+12)]
		f.unknown(p)
	case version == "" || c.rule == ruleEngine && len(strings.TrimPrefix(version, "v")) < 2:
	case strings.Contains(t.value[tag:end], "@"):
		p.noFix = "it is pinned by digest: take tag and digest of the new image"
		f.pin(p)
	default:
		p.unsafe = mirror
		f.pin(p)
	}
}

func imageEnd(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"',;)]}`", r) })
	if n < 0 {
		return len(s)
	}
	return n
}

// imageOf is the component in an image of that name. Copies of moby/buildkit
// under other names count, with mirror true.
func imageOf(repo string) (c component, mirror, ok bool) {
	name := strings.TrimPrefix(strings.TrimPrefix(repo, "docker.io/"), "library/")
	switch {
	case strings.HasSuffix(name, "/buildkit"):
		return buildkit(), name != "moby/buildkit", true
	case strings.HasSuffix(name, "docker/buildx-bin"):
		return buildx(), name != "docker/buildx-bin", true
	case name == "docker" || strings.HasSuffix(name, "/library/docker"):
		return engine(), name != "docker", true
	case strings.HasSuffix(name, "actions/actions-runner"):
		return runner(), name != "ghcr.io/actions/actions-runner", true
	}
	return component{}, false, false
}

var checksumRE = regexp.MustCompile(`(?i)sha(?:256|512)(?:sum|=|:|\s)|checksum`)

var downloadRE = regexp.MustCompile(`(docker/buildx|docker/compose|actions/runner|mozilla/sccache)/releases/download/`)

// downloads looks for releases fetched from GitHub. The version stands in the
// path and mostly in the file's name, too.
func (f *file) downloads(t text) {
	for _, m := range downloadRE.FindAllStringSubmatchIndex(t.value, -1) {
		c := map[string]component{"docker/buildx": buildx(), "docker/compose": compose(),
			"actions/runner": runner(), "mozilla/sccache": sccache()}[t.value[m[2]:m[3]]]
		end := m[1] + imageEnd(t.value[m[1]:])
		version := leading(t.value[m[1]:end])
		p := pin{component: c, t: t, i: m[1], j: m[1] + len(version), shown: t.value[m[2]:end], again: end}
		if checksumRE.Match(f.src) {
			p.unsafe, p.what = true, "a checksum in this file may be that of the download"
		}
		switch {
		case version == "" && strings.Contains(t.value[m[1]:end], "$"):
			f.unknown(p)
		case version != "":
			f.pin(p)
		}
	}
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}
