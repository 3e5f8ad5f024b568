package cacheopts

import (
	"cmp"
	"net/url"
	"strings"
)

// hostV2 is the host by which BuildKit tells version 2 where nothing else says
// so (getConfig in cache/remotecache/gha/gha.go).
const hostV2 = "results-receiver.actions.githubusercontent.com"

// service is the one endpoint that counts for an entry.
type service struct {
	version int
	url     string // empty: there is none
	own     bool   // the entry names it, not the runtime
	unknown bool   // nothing tells the version
}

// locate chooses as buildx (addGithubToken in build/opt.go) and BuildKit do
// together, with one difference: it takes no URL that is known to serve another
// version only.
func (rt Runtime) locate(e Entry) service {
	own, ownV2 := e.Attrs["url"], e.Attrs["url_v2"]
	s := service{version: rt.version(e)}
	s.unknown = e.Attrs["version"] == "" && rt.Version == 0 && rt.V1Only == "" && own == ""
	if s.version == 2 {
		s.url = cmp.Or(ownV2, rt.URLV2, rt.alive(own), rt.alive(rt.URL))
	} else {
		s.url = cmp.Or(own, rt.URL)
		if s.url == "" && rt.V1Only == "" {
			s.url = rt.URLV2
		}
	}
	s.own = s.url != "" && !same(s.url, rt.URL) && !same(s.url, rt.URLV2) && !github(s.url)
	return s
}

// alive returns a URL of version 1 where it may serve version 2 as well, as
// other servers than GitHub's do.
func (rt Runtime) alive(v1 string) string {
	if rt.V1Gone && (same(v1, rt.URL) || github(v1) && !strings.Contains(v1, hostV2)) {
		return ""
	}
	return v1
}

func same(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

// github reports whether the URL is of GitHub's own cache service, however it
// came into the entry.
func github(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (strings.HasSuffix(u.Hostname(), ".githubusercontent.com") || strings.HasSuffix(u.Hostname(), ".ghe.com"))
}

func (rt Runtime) version(e Entry) int {
	switch guess := cmp.Or(e.Attrs["url"], rt.URL, rt.URLV2); {
	case e.Attrs["version"] == "1":
		return 1
	case e.Attrs["version"] == "2", e.Attrs["url_v2"] != "":
		return 2
	case rt.Version != 0:
		return rt.Version
	case strings.Contains(guess, hostV2):
		return 2
	}
	return 1
}

// refuse says why the service cannot be there. An entry with a URL of its own
// knows better.
func (rt Runtime) refuse(s service) Note {
	switch {
	case s.own:
	case s.version == 1 && rt.V1Gone:
		return Note{
			Code: CodeVersionGone, Level: LevelError, Attr: "version", Values: []string{"1"},
			Text: "version 1 of GitHub's cache service was shut down on 2025-04-15",
		}
	case s.version == 2 && rt.V1Only != "":
		return Note{
			Code: CodeVersionMissing, Level: LevelError, Attr: "version", Values: []string{"2"},
			Text: rt.V1Only + " has no version 2 of the cache service", Hint: "version=1",
		}
	}
	return Note{}
}

// write puts version and URL into the entry and takes the other URL out.
func (s service) write(e Entry) Entry {
	if s.version == 2 {
		return e.Without("url").With("version", "2").With("url_v2", s.url)
	}
	return e.Without("url_v2").With("version", "1").With("url", s.url)
}

// ignored tells of a URL attribute that does not count.
func (s service) ignored(e Entry) Note {
	used, unused, fix := "url_v2", "url", "url_v2=…, or version=1"
	if s.version == 1 {
		used, unused, fix = unused, used, "url=…, or version=2"
	}
	note := Note{Code: CodeIgnoredURL, Level: LevelInfo, Attr: unused, Values: []string{e.Attrs[unused]}}
	switch value := e.Attrs[unused]; {
	case value == "" || value == s.url:
		return Note{}
	case e.Attrs[used] != "":
		note.Text = "BuildKit ignores " + unused + ": it uses " + used + " for version " + s.String()
		return note
	}
	note.Level, note.Hint = LevelWarning, fix
	note.Text = "BuildKit ignores " + unused + ": it uses version " + s.String() + " of the cache service, at " + s.url
	return note
}

// String returns the version.
func (s service) String() string {
	if s.version == 2 {
		return "2"
	}
	return "1"
}
