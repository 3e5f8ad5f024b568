package diagnose_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// healthy are the facts of a job in which everything works.
func healthy() diagnose.Facts {
	return diagnose.Facts{
		Now:     noon,
		Docker:  diagnose.Tool{Version: "29.9.3"},
		Buildx:  diagnose.Tool{Version: "v0.37.2"},
		Builder: diagnose.Builder{Name: "b", Driver: "docker-container", Nodes: []diagnose.Node{{Name: "b0", Running: true, BuildKit: "v0.33.1", GHA: new(true)}}},
		Runtime: diagnose.Runtime{
			Job: true, Service: "github.com", HasV2: true, Version: 2, Token: true, URL: "https://results-receiver.actions.githubusercontent.com/",
			Mode: "write", Refs: []string{"refs/heads/main (read, write)"}, Expose: "- uses: x/runtime@v1",
		},
		Grant:   cacheopts.Grant{Expires: noon.Add(5 * time.Hour)},
		Service: &diagnose.Probe{URL: "https://results-receiver.actions.githubusercontent.com/", Took: 123456 * time.Microsecond},
		REST:    diagnose.REST{Token: true, Repository: "o/r", Asked: true, Status: 200, CanDelete: new(true), Limit: 1000, Remaining: 900, Reset: noon.Add(time.Hour)},
		Usage:   &diagnose.Usage{Bytes: 4 << 30, Limit: 10 << 30, Entries: 120},
		Indexes: []diagnose.Index{{Scope: "app", Ref: "refs/heads/main", Layers: 12}},
		Scopes:  []diagnose.Scope{{Name: "app", Ref: "refs/heads/main", Writes: []time.Time{noon, noon.Add(-time.Hour)}}},
	}
}

func TestExamineFindsNothingInAHealthyJob(t *testing.T) {
	want := `docker: ok: docker CLI 29.9.3
buildx: ok: buildx v0.37.2
builder: ok: b, 1 node
driver: ok: docker-container
BuildKit: ok: BuildKit v0.33.1
gha capability: ok: cache.gha
runtime variables: ok: github.com, version 2, https://results-receiver.actions.githubusercontent.com/
token claims: ok: refs/heads/main (read, write)
permissions: ok: read, write
expiry: ok: expires in 5h0m0s, at 2026-03-01T17:00:00Z
cache-mode: ok: write
service: ok: answered within 123ms
REST token: ok: for o/r
REST permission: ok: lists and deletes the caches
REST rate: ok: 900 of 1000 requests left
usage: ok: 4GiB of 10GiB (40%) in 120 entries
index integrity: ok: 1 index, 12 layers, none missing
scopes: ok: 1 scope, none written by several builds
`
	got := diagnose.Examine(healthy())
	var text strings.Builder
	for _, c := range got {
		fmt.Fprintf(&text, "%s: %s: %s\n", c.Name, c.Status, c.Detail)
	}
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
	}
	if worst := diagnose.Worst(got); worst != diagnose.OK {
		t.Errorf("worst is %s", worst)
	}
}

func TestExamineJudgesEachFact(t *testing.T) {
	broken := errors.New("broken")
	node := func(f *diagnose.Facts) *diagnose.Node { return &f.Builder.Nodes[0] }
	dockerDriver := func(engine string, containerd bool) func(*diagnose.Facts) {
		return func(f *diagnose.Facts) {
			f.Builder.Driver, node(f).Engine, node(f).ContainerdStore = "docker", engine, containerd
		}
	}
	for _, test := range []struct {
		name   string
		change func(*diagnose.Facts)
		check  string
		want   diagnose.Status
		says   string // in detail, reason or fix
	}{
		{"no docker", func(f *diagnose.Facts) { f.Docker = diagnose.Tool{Err: broken} }, "docker", diagnose.Error, "broken"},
		{"no buildx", func(f *diagnose.Facts) { f.Buildx = diagnose.Tool{Err: broken} }, "buildx", diagnose.Error, "docker-buildx-plugin"},
		{"an old buildx where only v2 answers", func(f *diagnose.Facts) { f.Buildx.Version = "v0.20.1" }, "buildx", diagnose.Error, "migrate-v2"},
		{"a release candidate of the first buildx for v2", func(f *diagnose.Facts) { f.Buildx.Version = "v0.21.0-rc2" }, "buildx", diagnose.Error, "v0.21.0"},
		{"a build after the first buildx for v2", func(f *diagnose.Facts) { f.Buildx.Version = "v0.21.0-3-gabcdef" }, "buildx", diagnose.OK, ""},
		{"a distribution's buildx", func(f *diagnose.Facts) { f.Buildx.Version = "0.21.3+ds1" }, "buildx", diagnose.OK, ""},
		{"a buildx from source", func(f *diagnose.Facts) { f.Buildx.Version = "v0.0.0+unknown" }, "buildx", diagnose.OK, ""},
		{"an old buildx where only v1 answers", func(f *diagnose.Facts) {
			f.Buildx.Version, f.Runtime.HasV1, f.Runtime.HasV2, f.Runtime.Version = "v0.12.0", true, false, 1
		}, "buildx", diagnose.OK, ""},
		{"an old buildx outside of a job", func(f *diagnose.Facts) { f.Buildx.Version, f.Runtime = "v0.12.0", diagnose.Runtime{} }, "buildx", diagnose.Warning, "v0.21.0"},
		{"no such builder", func(f *diagnose.Facts) { f.Builder = diagnose.Builder{Err: errors.New(`no builder "x" found`)} }, "builder", diagnose.Error, "does not exist"},
		{"several nodes", func(f *diagnose.Facts) { f.Builder.Nodes = append(f.Builder.Nodes, f.Builder.Nodes[0]) }, "builder", diagnose.Warning, "last one wins"},
		{"the docker driver without containerd", dockerDriver("29.8.1", false), "driver", diagnose.Error, "containerd image store"},
		{"the docker driver of an old Engine", dockerDriver("27.5.1", true), "driver", diagnose.Error, "27.5.1"},
		{"the docker driver of an old Engine without containerd", dockerDriver("20.10.24+dfsg1", false), "driver", diagnose.Error, "20.10.24"},
		{"the docker driver that would work", dockerDriver("28.0.0", true), "driver", diagnose.Warning, "--gha-allow-docker-driver"},
		{"the docker driver of an Engine that does not answer", func(f *diagnose.Facts) {
			f.Builder.Driver, f.Builder.Nodes = "docker", []diagnose.Node{{Name: "b", Err: broken}}
		}, "driver", diagnose.Skipped, "does not answer"},
		{"an Engine that claims gha", dockerDriver("29.8.1", false), "gha capability", diagnose.Skipped, "containerd image store"},
		{"an Engine that has gha", dockerDriver("29.8.1", true), "gha capability", diagnose.OK, ""},
		{"an old BuildKit", func(f *diagnose.Facts) { node(f).BuildKit = "v0.19.0" }, "BuildKit", diagnose.Error, "v0.20.0"},
		{"an old BuildKit behind one of unknown version", func(f *diagnose.Facts) {
			f.Builder.Nodes = []diagnose.Node{{Name: "a", Running: true, BuildKit: "v0.0.0+unknown"}, {Name: "b", Running: true, BuildKit: "v0.10.0"}}
		}, "BuildKit", diagnose.Error, "v0.20.0"},
		{"a BuildKit that does not renew URLs", func(f *diagnose.Facts) { node(f).BuildKit = "v0.22.0" }, "BuildKit", diagnose.Warning, "v0.23.2"},
		{"a BuildKit that is not booted", func(f *diagnose.Facts) { node(f).Running = false }, "BuildKit", diagnose.Warning, "--bootstrap b"},
		{"a node that does not answer", func(f *diagnose.Facts) { node(f).Err = broken }, "BuildKit", diagnose.Error, "node b0: broken"},
		{"a BuildKit without gha", func(f *diagnose.Facts) { node(f).GHA = new(false) }, "gha capability", diagnose.Error, "without a word"},
		{"a BuildKit that was not asked", func(f *diagnose.Facts) { node(f).GHA = nil }, "gha capability", diagnose.Skipped, ""},
		{"no token in a job", func(f *diagnose.Facts) { f.Runtime.Token = false }, "runtime variables", diagnose.Error, "x/runtime@v1"},
		{"no URL in a job", func(f *diagnose.Facts) { f.Runtime.URL = "" }, "runtime variables", diagnose.Error, "x/runtime@v1"},
		{"v1 on github.com", func(f *diagnose.Facts) { f.Runtime.Version = 1 }, "runtime variables", diagnose.Error, "migrate-v2"},
		{"v2 on Gitea", func(f *diagnose.Facts) { f.Runtime.HasV1, f.Runtime.HasV2 = true, false }, "runtime variables", diagnose.Error, "version=1"},
		{"a variable read in another way", func(f *diagnose.Facts) { f.Runtime.Warnings = []string{"strange spelling"} }, "runtime variables", diagnose.Warning, "strange spelling"},
		{"outside of a job", func(f *diagnose.Facts) { f.Runtime = diagnose.Runtime{} }, "runtime variables", diagnose.Skipped, "not in a job"},
		{"a token without claims", func(f *diagnose.Facts) { f.Grant = cacheopts.Grant{Problem: "no ac"} }, "token claims", diagnose.Error, "no ac"},
		{"a token without claims has no permissions", func(f *diagnose.Facts) { f.Grant = cacheopts.Grant{Problem: "no ac"} }, "permissions", diagnose.Skipped, ""},
		{"a read-only token", func(f *diagnose.Facts) { f.Grant.ReadOnly = "a fork" }, "permissions", diagnose.Warning, "a fork"},
		{"a token that does not read", func(f *diagnose.Facts) { f.Grant.NoRead = "none" }, "permissions", diagnose.Error, "none"},
		{"an expired token", func(f *diagnose.Facts) { f.Grant.Expires = noon }, "expiry", diagnose.Error, "2026-03-01T12:00:00Z"},
		{"a token about to expire", func(f *diagnose.Facts) { f.Grant.Expires = noon.Add(9 * time.Minute) }, "expiry", diagnose.Warning, "9m0s"},
		{"a token without end", func(f *diagnose.Facts) { f.Grant.Expires = time.Time{} }, "expiry", diagnose.Skipped, ""},
		{"cache-mode read", func(f *diagnose.Facts) { f.Runtime.Mode = "read" }, "cache-mode", diagnose.Warning, "cache-mode: write"},
		{"cache-mode write-only", func(f *diagnose.Facts) { f.Runtime.Mode = "write-only" }, "cache-mode", diagnose.Error, "reads before it writes"},
		{"cache-mode none", func(f *diagnose.Facts) { f.Runtime.Mode = "none" }, "cache-mode", diagnose.Error, "no caches"},
		{"cache-mode of the future", func(f *diagnose.Facts) { f.Runtime.Mode = "sideways" }, "cache-mode", diagnose.Warning, "sideways"},
		{"no cache-mode", func(f *diagnose.Facts) { f.Runtime.Mode = "" }, "cache-mode", diagnose.Skipped, ""},
		{"a service that is down", func(f *diagnose.Facts) {
			f.Service.Err = fmt.Errorf("looking up: %w", errors.New("failed to parse error response 503: x"))
		}, "service", diagnose.Error, "githubstatus.com"},
		{"a service on loopback that does not listen", func(f *diagnose.Facts) { f.Service.Err = errors.New(refused) }, "service", diagnose.Error, "nothing listens at 127.0.0.1:41230: the cache service is down"},
		{"a service that fails in unknown words", func(f *diagnose.Facts) { f.Service.Err = broken }, "service", diagnose.Error, "broken"},
		{"a service on loopback and a builder in a container", func(f *diagnose.Facts) { f.Runtime.Loopback = true }, "service", diagnose.Warning, "network=host"},
		{"a service on loopback and a builder on the host's network", func(f *diagnose.Facts) { f.Runtime.Loopback, node(f).HostNetwork = true, true }, "service", diagnose.OK, ""},
		{"no REST token in a job", func(f *diagnose.Facts) { f.REST = diagnose.REST{} }, "REST token", diagnose.Warning, "github.token"},
		{"no REST token on a laptop", func(f *diagnose.Facts) { f.REST, f.Runtime.Job = diagnose.REST{}, false }, "REST token", diagnose.Warning, "gh auth login"},
		{"no permission to list", func(f *diagnose.Facts) { f.REST.Status, f.REST.Err = 403, broken }, "REST permission", diagnose.Error, "actions: read"},
		{"no permission to delete", func(f *diagnose.Facts) { f.REST.CanDelete = new(false) }, "REST permission", diagnose.Warning, "actions: write"},
		{"a permission to delete that is not known", func(f *diagnose.Facts) { f.REST.CanDelete = nil }, "REST permission", diagnose.OK, ""},
		{"a token that is not valid", func(f *diagnose.Facts) { f.REST.Status, f.REST.Err = 401, broken }, "REST permission", diagnose.Error, "not valid"},
		{"a REST API that fails", func(f *diagnose.Facts) { f.REST.Status, f.REST.Err = 502, broken }, "REST permission", diagnose.Error, "broken"},
		{"no requests left", func(f *diagnose.Facts) { f.REST.Remaining = 0 }, "REST rate", diagnose.Error, "2026-03-01T13:00:00Z"},
		{"few requests left", func(f *diagnose.Facts) { f.REST.Remaining = 99 }, "REST rate", diagnose.Warning, "99 of 1000"},
		{"usage near the limit", func(f *diagnose.Facts) { f.Usage.Bytes = 9 << 30 }, "usage", diagnose.Warning, "90%"},
		{"usage beyond the limit", func(f *diagnose.Facts) { f.Usage.Bytes = 11 << 30 }, "usage", diagnose.Warning, "evicts"},
		{"an unknown limit", func(f *diagnose.Facts) { f.Usage.Limit = 0 }, "usage", diagnose.OK, "4GiB in 120 entries"},
		{"an unknown usage", func(f *diagnose.Facts) { f.Usage.Err = broken }, "usage", diagnose.Warning, "not known"},
		{"evicted layers", func(f *diagnose.Facts) { f.Indexes[0].Missing = 2 }, "index integrity", diagnose.Error, "2 of 12"},
		{"an unreadable index", func(f *diagnose.Facts) { f.Indexes[0].Err = broken }, "index integrity", diagnose.Warning, "could not be read"},
		{"two writes at once", func(f *diagnose.Facts) { f.Scopes[0].Writes = append(f.Scopes[0].Writes, noon.Add(time.Minute)) }, "scopes", diagnose.Warning, `"app" on refs/heads/main`},
		{"indexes without a common layer", func(f *diagnose.Facts) { f.Scopes[0].Disjoint = true }, "scopes", diagnose.Warning, "last one wins"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := healthy()
			test.change(&f)
			got := named(t, diagnose.Examine(f), test.check)
			if got.Status != test.want {
				t.Errorf("got %+v, want %s", got, test.want)
			}
			if text := fmt.Sprint(got.Detail, got.Reason, got.Fix); !strings.Contains(text, test.says) {
				t.Errorf("%+v does not say %q", got, test.says)
			}
		})
	}
}

func named(t *testing.T, checks []diagnose.Check, name string) diagnose.Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q", name)
	return diagnose.Check{}
}

func TestExamineSkipsWhatWasNotAsked(t *testing.T) {
	for _, c := range diagnose.Examine(diagnose.Facts{}) {
		if c.Name == "REST token" {
			continue // its absence is a fact
		}
		if c.Status != diagnose.Skipped || c.Reason == "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestChecksCarryNoCredentials(t *testing.T) {
	const secret = "SECRETSECRETSECRETSECRET"
	leak := fmt.Errorf("GET https://x/?sig=%s: token=ghs_%s eyJ%s.eyJ%s.%s", secret, secret, secret, secret, secret)
	f := healthy()
	f.Docker.Err, f.Buildx.Err, f.Builder.Nodes[0].Err = leak, leak, leak
	f.Service.Err, f.REST.Err, f.Usage.Err, f.Indexes[0].Err = leak, leak, leak, leak
	f.Grant.Problem, f.Runtime.URL = leak.Error(), "https://user:"+secret+"@host/?token="+secret
	out, err := json.Marshal(diagnose.Examine(f))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), secret) {
		t.Errorf("%s", out)
	}
}

func TestEveryFlawHasAReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := healthy()
		flag := rapid.Bool()
		err := func(label string) error {
			if flag.Draw(t, label) {
				return errors.New("error response 503")
			}
			return nil
		}
		f.Docker.Err, f.Builder.Nodes[0].Err, f.Service.Err = err("docker"), err("node"), err("service")
		f.Builder.Driver = rapid.SampledFrom([]string{"", "docker", "docker-container", "remote"}).Draw(t, "driver")
		f.Builder.Nodes[0].Running = flag.Draw(t, "running")
		f.Runtime.Token, f.Runtime.HasV1, f.Runtime.HasV2 = flag.Draw(t, "token"), flag.Draw(t, "v1"), flag.Draw(t, "v2")
		f.Runtime.Version = rapid.IntRange(0, 2).Draw(t, "version")
		f.Grant.Expires = noon.Add(time.Duration(rapid.Int64Range(-1e13, 1e13).Draw(t, "left")))
		f.REST.Remaining, f.REST.Asked, f.REST.Err = rapid.IntRange(0, 1000).Draw(t, "remaining"), flag.Draw(t, "asked"), err("rest")
		f.Indexes[0].Missing = rapid.IntRange(0, 12).Draw(t, "missing")
		checks := diagnose.Examine(f)
		worst := diagnose.OK
		for _, c := range checks {
			if c.Name == "" || (c.Status == diagnose.OK) != (c.Reason == "") {
				t.Fatalf("%+v", c)
			}
			if c.Status == diagnose.Error && len(c.Fix) == 0 {
				t.Fatalf("no fix: %+v", c)
			}
			if c.Status == diagnose.Error || c.Status == diagnose.Warning && worst == diagnose.OK {
				worst = c.Status
			}
		}
		if got := diagnose.Worst(checks); got != worst {
			t.Fatalf("worst is %s, not %s", got, worst)
		}
	})
}
