package migrate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// file is one file while it is judged.
type file struct {
	path     string // as shown
	target   string // where it is, links followed
	resolve  func(repo, commit string) (tag string, err error)
	kind     kind
	src      []byte
	opts     Options
	tags     tags
	findings []Finding
	gha      bool // names a gha cache
	service  evidence
	builds   map[string]string // images by the scope they are cached in
	calls    []call
	sinks    []sink
}

// word looks for everything that can stand in one word of any file: images,
// downloads, cache entries, variables. Key is the YAML key it is under.
func (f *file) word(t text, key string) {
	f.images(t)
	f.downloads(t)
	f.entry(t)
	f.flag(t)
	f.cacheURL(t, key)
	f.noV2(t)
}

var imageRE = regexp.MustCompile(`((?:[A-Za-z0-9_.-]+(?::[0-9]+)?/)*(?:buildkit|buildx-bin|docker|actions-runner))([:@])`)

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
	case t.value[tag-1] == '@':
		p.shown = t.value[start:min(len(t.value), tag+len("sha256:")+12)]
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
		switch {
		case version == "" && strings.Contains(t.value[m[1]:end], "$"):
			f.unknown(p)
		case version != "":
			f.pin(p)
		}
	}
}

var (
	flagValueRE = regexp.MustCompile(`ACTIONS_CACHE_SERVICE_V2["']?\s*(?:=\s*|:\s+|,\s*["'])["']?([A-Za-z0-9]*)`)
	vcpkgRE     = regexp.MustCompile(`\bx-gha\b`)
)

// flag looks for an assignment of ACTIONS_CACHE_SERVICE_V2.
func (f *file) flag(t text) {
	for _, m := range flagValueRE.FindAllStringSubmatchIndex(t.value, -1) {
		if m[3] < len(t.value) && strings.ContainsAny(t.value[m[3]:m[3]+1], "$") {
			continue
		}
		f.flagValue(t, m[2], m[3], Certain)
	}
}

// flagValue judges a value of ACTIONS_CACHE_SERVICE_V2 as buildx and BuildKit
// do, by ParseBool: yes and on are ignored.
func (f *file) flagValue(t text, i, j int, certainty Certainty) {
	value := t.value[i:j]
	on, err := strconv.ParseBool(value)
	if on {
		return
	}
	why := "it chooses version 1"
	if err != nil && value != "" {
		why = "buildx and BuildKit do not read it as true: they know 1, t and true only"
	}
	f.replace(Finding{
		Rule: ruleFlag, Certainty: certainty, Text: serviceFlag + "=" + value, Why: why,
		Fix: "set it to true", Safe: true,
	}, t, i, j, "true")
}

// entry judges the gha cache entry in a word.
func (f *file) entry(t text) {
	i, j, ok := cacheEntry(t.value)
	if !ok {
		return
	}
	f.gha = true
	e := t.cut(i, j)
	if e.refuse == "" && e.broken() {
		e.refuse = "the entry is spread over several lines"
	}
	for _, a := range attributes(e.value) {
		f.attribute(e, a)
	}
}

func (f *file) attribute(e text, a attr) {
	key, value := strings.TrimSpace(a.key), e.value[a.from:a.end]
	shown := strings.TrimSpace(e.value[a.start:a.end])
	if spaces := len(a.key) - len(strings.TrimLeft(a.key, " \t")); spaces > 0 {
		f.replace(Finding{
			Rule: ruleSpace, Certainty: Certain, Text: e.value,
			Why: fmt.Sprintf("buildx reads the key %q and ignores it", a.key),
			Fix: "take the space away", Safe: true,
		}, e, a.start, a.start+spaces, "")
	}
	switch key {
	case "version":
		f.cacheVersion(e, a.from, a.end)
	case "url_v2":
		f.needsV2(e, a.start, shown)
	case "url":
		f.service.see(value)
		f.report(e, a.start, Finding{Rule: ruleURL, Certainty: Conditional, Text: shown, Why: urlWhy,
			NoFix: "it depends on the step's variables",
			Fix:   "take url= and token= out and export all of the runtime's variables, as crazy-max/ghaction-github-runtime does"})
	}
}

const urlWhy = "version 2 ignores it if ACTIONS_CACHE_SERVICE_V2 and ACTIONS_RESULTS_URL are visible, " +
	"and a step that sees ACTIONS_CACHE_URL only stays on version 1"

// cacheVersion judges the version attribute. It is set to 2, not taken out: that
// holds in a step that does not see ACTIONS_CACHE_SERVICE_V2, too.
func (f *file) cacheVersion(t text, i, j int) {
	switch strings.TrimSpace(t.value[i:j]) {
	case "1":
		f.replace(Finding{
			Rule: ruleVersion, Certainty: Certain, Text: "version=1",
			Why: "it chooses the service that was shut down", Fix: "version=2", Safe: true,
		}, t, i, j, "2")
	case "2":
		f.needsV2(t, i, "version=2")
	}
}

func (f *file) noV2(t text) {
	if at := vcpkgRE.FindStringIndex(t.value); at != nil {
		f.report(t, at[0], Finding{Rule: ruleNoV2, Certainty: Certain, Text: "x-gha",
			Why: "vcpkg's x-gha provider speaks version 1 only, and was taken out", NoFix: "use another binary cache",
		})
	}
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

// report adds a finding at value[i:] of t.
func (f *file) report(t text, i int, fd Finding) {
	fd.File, fd.offset = f.path, t.pos(i)
	fd.Safe = fd.Safe && len(fd.Edits) > 0
	f.findings = append(f.findings, fd)
}

// replace adds a finding that is fixed by replacing value[i:j] of t.
func (f *file) replace(fd Finding, t text, i, j int, with string) {
	f.edit(&fd, t, i, j, with)
	f.report(t, i, fd)
}

// edit adds one edit to a finding, or says why it cannot be.
func (f *file) edit(fd *Finding, t text, i, j int, with string) {
	start, end, ok := t.span(i, j)
	switch {
	case fd.NoFix != "":
		return
	case t.refuse != "":
		fd.NoFix = t.refuse
	case i == j && len(t.runs) == 0:
		fd.NoFix = "there is nothing to replace"
	case !ok:
		fd.NoFix = "it is put together from several places"
	case string(f.src[start:end]) != t.value[i:j]:
		fd.NoFix = "it is written in a way that cannot be edited"
	default:
		fd.Edits = append(fd.Edits, Edit{Start: start, End: end, Old: t.value[i:j], New: with})
		o := t.origin(i)
		fd.via = append(fd.via, o.via...)
		fd.Safe = fd.Safe && !o.many && !o.unsure
		return
	}
	fd.Edits, fd.Safe = nil, false
}
