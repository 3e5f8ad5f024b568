package relaying

import (
	"slices"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/relay"
)

// ghaEntry is one that was completed for a service.
func ghaEntry(url string, version int, attrs ...string) cacheopts.Completed {
	e := cacheopts.Completed{Entry: cacheopts.Entry{Type: "gha"}, Version: version, URL: url}
	for i := 0; i < len(attrs); i += 2 {
		e.Entry = e.Entry.With(attrs[i], attrs[i+1])
	}
	return e
}

func TestUpstream(t *testing.T) {
	const there, here = "https://results.example/", "http://127.0.0.1:8080/"
	to, from := cacheopts.Request{Side: cacheopts.To}, cacheopts.Request{Side: cacheopts.From}
	dropped := ghaEntry("https://other.example/", 1)
	dropped.Dropped = true
	for _, tt := range []struct {
		name     string
		mode     Mode
		requests []cacheopts.Request
		entries  []cacheopts.Completed
		url, why string
	}{
		{"an export", Auto, []cacheopts.Request{to}, []cacheopts.Completed{ghaEntry(there, 2)}, there, ""},
		{"an export and an import", Auto, []cacheopts.Request{to, from}, []cacheopts.Completed{ghaEntry(there, 2), ghaEntry("https://results.example", 2)}, there, ""},
		{"an entry that is left out does not count", Auto, []cacheopts.Request{to, to}, []cacheopts.Completed{dropped, ghaEntry(there, 2)}, there, ""},
		{"a cache of another type does not count", Auto, []cacheopts.Request{to, to}, []cacheopts.Completed{{Entry: cacheopts.Entry{Type: "inline"}}, ghaEntry(there, 2)}, there, ""},
		{"an import alone", Auto, []cacheopts.Request{from}, []cacheopts.Completed{ghaEntry(there, 2)}, "", "nothing is exported"},
		{"an import alone that requires a relay", Require, []cacheopts.Request{from}, []cacheopts.Completed{ghaEntry(there, 2)}, there, ""},
		{"a service on this machine", Auto, []cacheopts.Request{to}, []cacheopts.Completed{ghaEntry(here, 2)}, "", "the cache service is on this machine"},
		{"a service on this machine that requires a relay", Require, []cacheopts.Request{to}, []cacheopts.Completed{ghaEntry(here, 2)}, here, ""},
		{"version 1", Require, []cacheopts.Request{to}, []cacheopts.Completed{ghaEntry(there, 1)}, "", "the cache service has version 1"},
		{"two services", Auto, []cacheopts.Request{to, to}, []cacheopts.Completed{ghaEntry(there, 2), ghaEntry("https://other.example/", 2)}, "", "the type=gha entries have different services or tokens"},
		{"two tokens", Require, []cacheopts.Request{to, to}, []cacheopts.Completed{ghaEntry(there, 2), ghaEntry(there, 2, "token", "b")}, "", "the type=gha entries have different services or tokens"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := Build{Mode: tt.mode, Token: "a", UserAgent: "x"}
			up, err := b.upstream(tt.requests, tt.entries)
			switch {
			case tt.why != "":
				if err == nil || err.Error() != tt.why {
					t.Errorf("error %v, want %q", err, tt.why)
				}
			case err != nil || up != (relay.Upstream{URL: tt.url, Token: "a", UserAgent: "x"}):
				t.Errorf("got %+v, %v", up, err)
			}
		})
	}
}

func TestRedirectedEntriesHaveTheRelaysURLAndNoTokenOfTheirOwn(t *testing.T) {
	left := ghaEntry("https://a.example/", 2, "url_v2", "https://a.example/", "scope", "x", "token", "secret")
	entries := []cacheopts.Completed{left, {Entry: cacheopts.Entry{Type: "inline"}}}
	vars := map[string]string{"ACTIONS_RUNTIME_TOKEN": "secret"}
	redirect(entries, vars, "http://172.18.0.1:1/x/", "relay")
	if got := entries[0].Entry.Value(); got != "type=gha,scope=x,url_v2=http://172.18.0.1:1/x/" {
		t.Errorf("got %s", got)
	}
	if got := entries[1].Entry.Value(); got != "type=inline" {
		t.Errorf("got %s", got)
	}
	if vars["ACTIONS_RUNTIME_TOKEN"] != "relay" {
		t.Errorf("got %v", vars)
	}
}

func TestExportScopes(t *testing.T) {
	to, from := cacheopts.Request{Side: cacheopts.To}, cacheopts.Request{Side: cacheopts.From}
	entries := []cacheopts.Completed{ghaEntry("u", 2, "scope", "b"), ghaEntry("u", 2, "scope", "a"), ghaEntry("u", 2, "scope", "b"), ghaEntry("u", 2, "scope", "c")}
	if got := exportScopes([]cacheopts.Request{to, to, to, from}, entries); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
}

func TestLongestTimeout(t *testing.T) {
	dropped := ghaEntry("u", 2, "timeout", "9m")
	dropped.Dropped = true
	for _, tt := range []struct {
		name    string
		entries []cacheopts.Completed
		want    time.Duration
	}{
		{"no entry has one", []cacheopts.Completed{ghaEntry("u", 2), ghaEntry("u", 2)}, 10 * time.Minute},
		{"both have one", []cacheopts.Completed{ghaEntry("u", 2, "timeout", "30s"), ghaEntry("u", 2, "timeout", "1m30s")}, 90 * time.Second},
		{"one has the default, which is longer", []cacheopts.Completed{ghaEntry("u", 2, "timeout", "30s"), ghaEntry("u", 2)}, 10 * time.Minute},
		{"one has more than the default, and one has none", []cacheopts.Completed{ghaEntry("u", 2, "timeout", "30m"), ghaEntry("u", 2)}, 30 * time.Minute},
		{"others do not count", []cacheopts.Completed{dropped, {Entry: cacheopts.Entry{Type: "inline"}}, ghaEntry("u", 2, "timeout", "1s")}, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := longestTimeout(tt.entries); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
