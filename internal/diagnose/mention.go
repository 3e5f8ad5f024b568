package diagnose

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// clientMark begins a message of a client of the cache in the middle of a line: an action, a tool or a person put something
// in front of it.
var clientMark = compile(`\b(?:(?:getCacheEntry|reserveCache|saveCache|commitCache|downloadCache)(?: - Attempt \d+ of \d+)? failed|uploadChunk \(|Failed to (?:CreateCacheEntry|FinalizeCacheEntryUpload|GetCacheEntryDownloadURL): |Cache service responded with |Cache reservation failed: |GitHub API error: |request to https?://\S*(?:artifactcache[./]|CacheService/|/actions-cache/)\S* failed, reason: |docker: 'buildx' is not a docker command)`)

var (
	// spans are what a sentence quotes.
	spans = lazyregexp.New("`+([^`]+)`+|\"([^\"]+)\"?|“([^”]+)”|\\*\\*([^*]+)\\*\\*|'([^']{10,})'")
	// leadIn ends what a sentence says before it comes to an error.
	leadIn = lazyregexp.New(`(?:: |; |, | [–—-]+ |\b(?:with|errors?|message|fail(?:s|ed|ing|ure)?|g[oe]ts?|getting|sees?|seeing|returns?|returned|says|is|like|by|the|on|of|to)\b[:,]? +)`)
	// aboutCaches and aboutBuilders tell that a paste is about those, so that a text that other programs have too is taken
	// for theirs.
	aboutCaches   = lazyregexp.New(`(?i)\bgha\b|\bactions(?:'s?)? cache\b|\bactions/cache\b|\bcache[- ](?:export|service|write|to\b)|\blayer blob\b`)
	aboutBuilders = lazyregexp.New(`\bbuild(?:x|kit|ctl)\b`)
	// instance is a sentence that gives an error as an example of one.
	instance = lazyregexp.New(`(?i)(?:\bfor (?:example|instance)|\be\.g\.|\bsuch as)[:,]? *["'` + "`" + `(*]*(?:error|warning|failed)|^\s*(?:expected|actual|received)(?: \w+)?: *["']|\bexpect\(|\bAssertionError\b|\b\w+_test\.go:\d+: `)
	// artifactFailed ends the attempts of an action that stores artifacts, which asks another service in the same words.
	artifacts      = lazyregexp.New(`(?i)\bartifacts?\b`)
	artifactFailed = lazyregexp.New(`\bFailed to \w*Artifact\w*: |\bArtifactService/|^Artifact .*\bsuccessfully\b`)
	attempt        = lazyregexp.New(`^Attempt \d+ of \d+ failed with error: `)
	// ranAction is the first line of a step that runs an action.
	ranAction = lazyregexp.New(`^Run ([\w.-]+/[\w./-]+)@`)
)

// mentioned looks for the message of a client behind something else.
func (l *logLine) mentioned(known []Cause) (logLine, int, bool) {
	if l.core == "" {
		return logLine{}, 0, false
	}
	at := clientMark.FindStringIndex(l.text)
	if at == nil || at[0] == 0 || instance().MatchString(l.text) {
		return logLine{}, 0, false
	}
	inner := parseText(strings.TrimRight(l.text[at[0]:], quotes+".,;) "), true)
	inner.text, inner.vertex = l.text, l.vertex
	i, ok := inner.cause(known)
	return inner, i, ok
}

// quoted are the errors that a line of a paste may quote, the likeliest first. An object of JSON quotes everything, and
// actions that store artifacts say what those of the cache do.
func quoted(text string) (out []string) {
	if strings.Contains(text, " is forbidden: User ") && !strings.Contains(text, "error while calling ") {
		return nil // of some program in a cluster, for all that this line tells
	}
	if instance().MatchString(text) || artifacts().MatchString(text) || strings.Contains(text, `{"`) {
		return nil
	}
	if strings.HasPrefix(text, "rpc error: ") {
		out = append(out, text)
	}
	text = strings.ReplaceAll(text, `\"`, `"`)
	for _, m := range spans().FindAllStringSubmatch(text, 8) {
		for _, span := range m[1:] {
			if span != "" {
				out = append(out, span)
			}
		}
	}
	for _, at := range leadIn().FindAllStringIndex(text, 32) {
		if strings.Count(text[:at[0]], " ") < 2 {
			continue // the name of a file, of a variable or of a program
		}
		out = append(out, strings.TrimRight(text[at[1]:], quotes+".,;) "))
	}
	return out
}

// trustPaste takes the lines of a paste for errors of a build, and then what they quote.
func (s *Scanner) trustPaste() {
	ofArtifacts := func(l logLine) bool { return artifactFailed().MatchString(l.text) }
	ofOther := func(l logLine) bool { return foreign(l.text) }
	if s.paste.over || len(s.found) > 0 || s.dropped != nil || slices.ContainsFunc(s.paste.lines, ofArtifacts) || slices.ContainsFunc(s.paste.lines, ofOther) {
		return
	}
	for i := range s.paste.lines {
		if l := &s.paste.lines[i]; !instance().MatchString(l.text) {
			s.trust(l, s.paste.at[i], *l, nil)
		}
	}
	about := func(words *regexp.Regexp) bool {
		return slices.ContainsFunc(s.paste.lines, func(l logLine) bool { return words.MatchString(l.text) })
	}
	var common []string
	if about(aboutCaches()) {
		common = append(common, "entry-lost", serviceDown, "token-rejected", "v1-endpoint")
	}
	if len(common) > 0 || about(aboutBuilders()) {
		common = append(common, "builder-not-started", "disk-full", "disk-full-somewhere", LocalLayerMissing, "layer-download-broken")
	}
	for i := range s.paste.lines {
		l := &s.paste.lines[i]
		for _, q := range quoted(l.text) {
			if len(s.found) == 0 && l.core != "" {
				s.trust(l, s.paste.at[i], parseText(unframed(q), true), common)
			}
		}
	}
	s.paste = paste{over: true}
}

// trust takes an error for a build's. Of the causes whose text is common, it takes those that are given.
func (s *Scanner) trust(l *logLine, number int, inner logLine, common []string) {
	known := catalogue()
	inner.frame = build
	inner.unwrap()
	if at, ok := inner.cause(known); ok && (!known[at].common || slices.Contains(common, known[at].ID)) {
		s.add(hit{at, inner.message, Finding{Cause: known[at].of(inner.core), Line: number, Evidence: Evidence(l.text)}})
	}
}

func unframed(text string) string {
	text, _, _ = unframe(text)
	return text
}

// An action is what a step of a job runs, as far as it tells whose errors those of the step are.
type action int

const (
	anyAction   action = iota
	cacheAction        // actions/cache
	bootAction         // docker/setup-buildx-action, while it starts a builder
)

// place tells whose an error is by what ran before it.
func (s *Scanner) place(l *logLine) {
	if s.usage(l) {
		return
	}
	switch {
	case strings.HasPrefix(l.core, "buildkitd: ") && fullDisk().MatchString(l.core):
		l.core = boots(l.core)
	case strings.HasPrefix(l.text, "Run "):
		s.endAttempts() // of the step before
		s.action, s.making = anyAction, ""
		if m := ranAction().FindStringSubmatch(l.text); m != nil && strings.HasPrefix(m[1], "actions/cache") {
			s.action = cacheAction
		}
	case l.text == "Booting builder":
		s.action = bootAction
	case l.text == "Inspect builder", l.text == "Post job cleanup.": // the latter of any action
		s.action = anyAction
	case strings.Contains(l.text, " buildx ") && runsBuildx().MatchString(l.text):
		s.buildxAt, s.making, s.unended = s.number, making(l.text), unended(l.text)
	case s.unended && s.number == s.buildxAt+1:
		s.buildxAt, s.unended = s.number, unended(l.text)
	case strings.Contains(l.text, "docker compose "): // which may be missing, too
		s.composeAt, s.making = s.number, ""
	case s.making == creating && s.number == s.buildxAt+1 && aName().MatchString(l.text): // buildx has made it
		s.making = ""
	case s.making != "" && strings.HasPrefix(l.text, "shell: "): // a runner prints the command, then this
		s.buildxAt = s.number
	case s.making != "" && s.number-s.buildxAt <= 2 && l.frame == said && isError(l.text) && !l.explained():
		l.core = s.making + l.core
	case s.buildxAt > 0 && s.number-s.buildxAt <= 2 && l.frame == said && strings.HasPrefix(l.core, noEngine):
		l.core = boots(l.core)
	case s.action == cacheAction && l.frame == said:
		l.client = true
	case s.action == bootAction && l.frame == said && isError(l.text):
		l.core = boots(l.core)
	case (strings.HasPrefix(l.text, shorthand) || l.core == noEndpoint) && s.composeAt < s.buildxAt && s.number-s.buildxAt <= 3:
		l.core = "docker buildx: " + l.core
	}
}

func isError(text string) bool { return len(text) > 5 && strings.EqualFold(text[:5], "error") }

// runsBuildx is a command with buildx, behind options of docker's own.
var runsBuildx = lazyregexp.New(`\bdocker(?: -\S+(?: [^-\s]\S*)?)*? buildx `)

// unended reports whether a command goes on in the next line.
func unended(text string) bool { return strings.HasSuffix(text, `\`) }

// makes is a command that creates or starts a builder.
var makes = lazyregexp.New(`^(?:\$ |sudo |Run )*(?:\S*[/\\])?docker buildx (?:create\b|inspect\b.* --bootstrap)`)

// aName is all that buildx prints of a builder that it made.
var aName = lazyregexp.New(`^[A-Za-z][\w.-]*$`)

func making(text string) string {
	switch {
	case !makes().MatchString(text):
		return ""
	case strings.Contains(text, "--bootstrap"):
		return booting[1:]
	}
	return creating
}

// creating begins the message of an error on which the command ended with which buildx makes a builder.
const creating = "creating: "

// noEngine is what any client of the Engine says without one.
const noEngine = "Cannot connect to the Docker daemon at "

// usage takes what a program says of an option that it does not know, and then of its usage. Docker finds no buildx where
// it, or podman in its place, speaks of its own usage after a command with buildx, or of that of its old build after an
// option that every buildx has.
func (s *Scanner) usage(l *logLine) bool {
	if before, flag, ok := strings.Cut(l.core, "unknown flag: "); ok && (before == "" || strings.HasSuffix(before, ": ")) {
		s.flag, s.flagAt = "unknown flag: "+flag, s.number
		return true
	}
	m := seeUsage().FindStringSubmatch(l.text)
	if m == nil || s.flag == "" || s.number-s.flagAt > maxFlag {
		return false
	}
	if m[1] == "" && (s.buildxAt > 0 && s.number-s.buildxAt <= maxUsage && (s.composeAt < s.buildxAt || ofBuildx().MatchString(s.flag)) || strings.HasSuffix(s.flag, " --builder")) || m[1] != "" && ofBuildx().MatchString(s.flag) {
		l.text = s.flag + ": " + l.text
		l.core = "docker buildx: " + l.text
	}
	s.flag = ""
	return true
}

var (
	seeUsage = lazyregexp.New(`^(?:See|Run) '(?:docker ((?:image )?build )?|podman buildx )--help'`)
	ofBuildx = lazyregexp.New(`: --(?:attest|builder|cache-to|load|platform|provenance|sbom|metadata-file|output|progress|push|secret|ssh)$`)
)

// maxUsage is how many lines lie between a command with buildx and docker's word about its own usage, at most.
const maxUsage = 12

// maxFlag is how many lines lie between what docker does not know and its word about its usage, at most.
const maxFlag = 6

// shorthand begins what docker says of a short option that it does not know, as of a plugin that it does not find.
const shorthand = "unknown shorthand flag: "

// noEndpoint is what buildx says of a remote builder without an address, in words that others may have.
const noEndpoint = "no remote endpoint provided"

// unescaped are the lines of one in which a runner's command or a string of JSON holds several, or which a page of HTML has
// masked.
func unescaped(raw []byte) [][]byte {
	if bytes.IndexByte(raw, '&') >= 0 && entity().Match(raw) {
		raw = []byte(html.UnescapeString(string(raw)))
	}
	switch {
	case bytes.Contains(raw, []byte("%0A")):
		raw = bytes.ReplaceAll(raw, []byte("%0D"), nil)
		return bytes.Split(raw, []byte("%0A"))
	case bytes.HasPrefix(raw, []byte("{")) && bytes.Contains(raw, []byte(`\n`)):
		return bytes.Split([]byte(unquoted(string(raw))), []byte("\n"))
	case bytes.Contains(raw, []byte(`\nRESPONSE `)):
		return bytes.Split(raw, []byte(`\n`))
	}
	return [][]byte{raw}
}

// entity is a character as a page of HTML masks it.
var entity = lazyregexp.New(`&(?:quot|lt|gt|amp|#0?39|#34);`)
