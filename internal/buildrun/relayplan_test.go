package buildrun

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

func TestUpstreamOf(t *testing.T) {
	const there, here = "https://results.example/", "http://127.0.0.1:8080/"
	to, from := cacheopts.Request{Side: cacheopts.To}, cacheopts.Request{Side: cacheopts.From}
	dropped := ghaEntry("https://other.example/", 1)
	dropped.Dropped = true
	for _, tt := range []struct {
		name     string
		mode     relayMode
		requests []cacheopts.Request
		entries  []cacheopts.Completed
		url, why string
	}{
		{"an export", relayAuto, []cacheopts.Request{to}, []cacheopts.Completed{ghaEntry(there, 2)}, there, ""},
		{"an export and an import", relayAuto, []cacheopts.Request{to, from}, []cacheopts.Completed{ghaEntry(there, 2), ghaEntry("https://results.example", 2)}, there, ""},
		{"an entry that is left out does not count", relayAuto, []cacheopts.Request{to, to}, []cacheopts.Completed{dropped, ghaEntry(there, 2)}, there, ""},
		{"a cache of another type does not count", relayAuto, []cacheopts.Request{to, to}, []cacheopts.Completed{{Entry: cacheopts.Entry{Type: "inline"}}, ghaEntry(there, 2)}, there, ""},
		{"an import alone", relayAuto, []cacheopts.Request{from}, []cacheopts.Completed{ghaEntry(there, 2)}, "", "nothing is exported"},
		{"an import alone that requires a relay", relayRequire, []cacheopts.Request{from}, []cacheopts.Completed{ghaEntry(there, 2)}, there, ""},
		{"a service on this machine", relayAuto, []cacheopts.Request{to}, []cacheopts.Completed{ghaEntry(here, 2)}, "", "the cache service is on this machine"},
		{"a service on this machine that requires a relay", relayRequire, []cacheopts.Request{to}, []cacheopts.Completed{ghaEntry(here, 2)}, here, ""},
		{"version 1", relayRequire, []cacheopts.Request{to}, []cacheopts.Completed{ghaEntry(there, 1)}, "", "the cache service has version 1"},
		{"two services", relayAuto, []cacheopts.Request{to, to}, []cacheopts.Completed{ghaEntry(there, 2), ghaEntry("https://other.example/", 2)}, "", "the type=gha entries have different services or tokens"},
		{"two tokens", relayRequire, []cacheopts.Request{to, to}, []cacheopts.Completed{ghaEntry(there, 2), ghaEntry(there, 2, "token", "b")}, "", "the type=gha entries have different services or tokens"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inv := &invocation{env: &Env{UserAgent: "x"}, own: ghaOptions{relay: tt.mode}, vars: map[string]string{"ACTIONS_RUNTIME_TOKEN": "a"}}
			up, err := inv.upstreamOf(tt.requests, tt.entries)
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
	inv := &invocation{vars: map[string]string{"ACTIONS_RUNTIME_TOKEN": "secret"}}
	inv.redirect(entries, "http://172.18.0.1:1/x/", "relay")
	if got := entries[0].Entry.Value(); got != "type=gha,scope=x,url_v2=http://172.18.0.1:1/x/" {
		t.Errorf("got %s", got)
	}
	if got := entries[1].Entry.Value(); got != "type=inline" {
		t.Errorf("got %s", got)
	}
	if inv.vars["ACTIONS_RUNTIME_TOKEN"] != "relay" {
		t.Errorf("got %v", inv.vars)
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

func TestExportScopes(t *testing.T) {
	to, from := cacheopts.Request{Side: cacheopts.To}, cacheopts.Request{Side: cacheopts.From}
	entries := []cacheopts.Completed{ghaEntry("u", 2, "scope", "b"), ghaEntry("u", 2, "scope", "a"), ghaEntry("u", 2, "scope", "b"), ghaEntry("u", 2, "scope", "c")}
	if got := exportScopes([]cacheopts.Request{to, to, to, from}, entries); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
}

func TestRelayLine(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		stats      relay.Stats
	}{
		{"nothing", "", relay.Stats{}},
		{"nothing new but the index", "sent 0 layers (1KiB) in 50ms, reused 3 layers", relay.Stats{Indexes: 1, Sent: 1024, Sending: 51 * time.Millisecond, Reused: 3}},
		{"an import", "read 64MiB", relay.Stats{Reads: 3, Read: 64 << 20}},
		{"one layer", "sent 1 layer (1KiB) in 1.26s", relay.Stats{Layers: 1, Sent: 1024, Sending: 1260 * time.Millisecond}},
		{
			"all of it", "sent 7 layers (448MiB) in 1.2s, reused 2 layers, failed to send 1 layer, read 64MiB, the service asked 3 times to wait, waited 2s for its limits",
			relay.Stats{Layers: 7, Sent: 448 << 20, Sending: 1200 * time.Millisecond, Reused: 2, Failed: 1, Throttled: 3, Waited: 2 * time.Second, Read: 64 << 20},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := relayLine(tt.stats); got != tt.want {
				t.Errorf("got %q", got)
			}
		})
	}
}
