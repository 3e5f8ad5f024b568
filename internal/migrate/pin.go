package migrate

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// pin is a version of a component in t.value[i:j].
type pin struct {
	component
	t      text
	i, j   int
	again  int    // the version may stand once more before this offset
	shown  string // the words around it
	what   string // what uses it
	unsafe bool
	short  bool   // a tag with fewer numbers is known to exist
	fix    string // instead of the component's
	noFix  string
}

// pin reports a version that is too old. BuildKit that is new enough but loses
// its download URLs is worth advice.
func (f *file) pin(p pin) {
	version := p.t.value[p.i:p.j]
	fd := Finding{Rule: p.rule, Certainty: Certain, pin: true}
	switch {
	case old(version, p.min):
		first, _, _ := strings.Cut(p.min, "-")
		fd.Why = fmt.Sprintf("%s speaks version 2 of the cache service since %s", p.name, first)
	case p.rule == ruleBuildKit && old(version, release.Renewal):
		fd.Why = "BuildKit before " + release.Renewal + " fails when a download URL of the cache expires under a long build"
		fd.Certainty, p.unsafe = Advice, true
	default:
		return
	}
	if p.rule == ruleSccache {
		fd.pin = false
		if !bytes.Contains(f.src, []byte("SCCACHE_GHA_ENABLED")) {
			fd.Certainty = Advice
		}
	}
	if p.what != "" {
		fd.Why += " (" + p.what + ")"
	}
	with := like(version, p.to)
	if p.short {
		with = short(version, p.to)
	}
	if p.t.origin(p.i).many {
		fd.Why += "; it is one of several values, maybe on purpose"
	}
	fd.Text, fd.Fix = p.shown, cmp.Or(p.fix, "use "+with)
	fd.Safe = !p.unsafe && semver.Major(canonical(version)) == semver.Major(p.to)
	if p.rule == ruleCompose && semver.Major(canonical(version)) == "v1" {
		p.noFix = "Compose 1 has other file names: take Compose " + p.to
	}
	if p.noFix != "" {
		fd.NoFix, fd.Safe = p.noFix, false
		f.report(p.t, p.i, fd)
		return
	}
	_, _, whole := p.t.span(p.i, p.j)
	if _, _, behind := p.t.span(p.i+1, p.j); !whole && behind && version[0] == 'v' {
		p.i, with = p.i+1, strings.TrimPrefix(with, "v")
	}
	f.edit(&fd, p.t, p.i, p.j, with)
	f.editAgain(&fd, p, with)
	f.report(p.t, p.i, fd)
}

// editAgain follows the version into the name of a downloaded file.
func (f *file) editAgain(fd *Finding, p pin, with string) {
	version := p.t.value[p.i:p.j]
	bare := strings.TrimPrefix(version, "v")
	for at := p.j; fd.NoFix == "" && at < p.again; {
		n := strings.Index(p.t.value[at:p.again], bare)
		if n < 0 {
			return
		}
		start, end, text := at+n, at+n+len(bare), strings.TrimPrefix(with, "v")
		if version != bare && p.t.value[start-1] == 'v' {
			start, text = start-1, with
		}
		f.edit(fd, p.t, start, end, text)
		at = end
	}
}

// unknown reports a version that the file does not tell.
func (f *file) unknown(p pin) {
	first, _, _ := strings.Cut(p.min, "-")
	f.report(p.t, p.i, Finding{
		Rule: p.rule, Certainty: Advice, Text: p.shown, pin: true,
		Why:   "its version cannot be told from here",
		NoFix: fmt.Sprintf("see that it is %s %s or newer", p.name, first),
	})
}
