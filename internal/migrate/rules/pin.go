package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// pin is a version of a component in t.Value[i:j].
type pin struct {
	component
	t      source.Text
	i, j   int
	again  int    // the version may stand once more before this offset
	shown  string // the words around it
	what   string // what uses it
	unsafe bool
	short  bool   // a tag with fewer numbers is known to exist
	suffix string // of the tag, behind the version

	suffixed bool   // newer versions are known to have a tag with that suffix
	fix      string // instead of the component's
	noFix    string
}

// judge reports a version that is too old. For a BuildKit that supports version 2,
// but fails when download URLs expire, it gives advice.
func (p pin) judge() []Finding {
	version := p.t.Value[p.i:p.j]
	fd := Finding{Rule: p.rule, Certainty: Certain, Pin: true, Text: p.shown}
	switch {
	case old(version, p.min):
		fd.Why = fmt.Sprintf("%s supports version 2 of the cache service since %s", p.name, p.since())
	case p.rule == BuildKitImage && old(version, release.Renewal):
		fd.Why = "BuildKit before " + release.Renewal + " fails if a download URL of the cache expires during a long build"
		fd.Certainty, p.unsafe = Advice, true
	default:
		return nil
	}
	if p.rule == SccacheVersion {
		fd.Pin = false
		if !bytes.Contains(p.t.File(), []byte("SCCACHE_GHA_ENABLED")) {
			fd.Certainty = Advice
		}
	}
	if p.what != "" {
		fd.Why += " (" + p.what + ")"
	}
	if p.t.Origin(p.i).Many {
		fd.Why += "; it is one of several values, perhaps on purpose"
	}
	out := p.fixed(fd, version, p.to)
	out[0].least = &p.fixedLeast(fd, version)[0]
	return out
}

// fixedLeast moves to the least version that works. Where that is what it is, newer
// ones are mere advice.
func (p pin) fixedLeast(fd Finding, version string) []Finding {
	if !old(version, p.min) {
		return fd.without("use "+release.Renewal+" or newer").at(p.t, p.i)
	}
	return p.fixed(fd, version, p.since())
}

// fixed adds the edits that move the pin to a version of its component.
func (p pin) fixed(fd Finding, version, to string) []Finding {
	with, major := like(version, to), semver.Major(canonical(version))
	if p.short {
		with = short(version, to)
	}
	fd.Fix = cmp.Or(p.fix, "use "+with)
	fd.Safe = !p.unsafe && major == semver.Major(to)
	if p.suffix != "" && !p.suffixed {
		fd.Safe = false
		fd.Why += fmt.Sprintf("; no tag %s%s is known", with, p.suffix)
	}
	if p.rule == ComposeVersion && major == "v1" {
		p.noFix = "Compose 1 has other file names: take Compose " + to
	}
	if p.noFix != "" {
		return fd.without(p.noFix).at(p.t, p.i)
	}
	i := p.i
	_, _, whole := p.t.Span(p.i, p.j)
	if _, _, behind := p.t.Span(p.i+1, p.j); !whole && behind && version[0] == 'v' {
		i, with = p.i+1, strings.TrimPrefix(with, "v")
	}
	fd = fd.replace(p.t, i, p.j, with)
	return p.fixedAgain(fd, p.t.Value[i:p.j], with).at(p.t, i)
}

// fixedAgain also edits the version in the name of a downloaded file.
func (p pin) fixedAgain(fd Finding, version, with string) Finding {
	bare := strings.TrimPrefix(version, "v")
	for at := p.j; fd.NoFix == "" && at < p.again; {
		n := strings.Index(p.t.Value[at:p.again], bare)
		if n < 0 {
			break
		}
		start, end, text := at+n, at+n+len(bare), strings.TrimPrefix(with, "v")
		if version != bare && p.t.Value[start-1] == 'v' {
			start, text = start-1, with
		}
		fd = fd.replace(p.t, start, end, text)
		at = end
	}
	return fd
}

// unknown reports a version that the file does not show.
func (p pin) unknown() []Finding {
	return Finding{
		Rule: p.rule, Certainty: Advice, Text: p.shown, Pin: true,
		Why:   "the file does not show its version",
		NoFix: fmt.Sprintf("check that it is %s %s or newer", p.name, p.since()),
	}.at(p.t, p.i)
}
