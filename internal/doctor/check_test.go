package doctor_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/doctor"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// healthy are the facts of a job in which everything works.
func healthy() doctor.Facts {
	return doctor.Facts{
		Now:     noon,
		Docker:  doctor.Tool{Version: "29.9.3"},
		Buildx:  doctor.Tool{Version: "v0.37.2"},
		Builder: doctor.Builder{Name: "b", Driver: "docker-container", Nodes: []doctor.Node{{Name: "b0", Running: true, BuildKit: "v0.33.1", GHA: true}}},
		Runtime: doctor.Runtime{
			Job: true, Service: "GitHub", Version: 2, Token: true, URL: "https://results-receiver.actions.githubusercontent.com/",
			Mode: "write", Refs: []string{"refs/heads/main (read, write)"}, Expose: "- uses: x/runtime@v1",
		},
		Grant:   cacheopts.Grant{Expires: noon.Add(5 * time.Hour)},
		Service: &doctor.Probe{URL: "https://results-receiver.actions.githubusercontent.com/", Took: 123456 * time.Microsecond},
		REST:    doctor.REST{Token: true, Repository: "o/r", Limit: 1000, Remaining: 900, Reset: noon.Add(time.Hour)},
		Usage:   &doctor.Usage{Bytes: 4 << 30, Limit: 10 << 30, Entries: 120},
		Indexes: []doctor.Index{{Scope: "app", Ref: "refs/heads/main", Layers: 12}},
		Scopes:  []doctor.Scope{{Name: "app", Ref: "refs/heads/main"}},
	}
}

func TestExamineFindsNothingInAHealthyJob(t *testing.T) {
	want := `docker: ok: docker CLI 29.9.3
buildx: ok: buildx v0.37.2
builder: ok: b: docker-container, BuildKit v0.33.1 with gha caches
runtime variables: ok: GitHub, version 2, https://results-receiver.actions.githubusercontent.com/
token claims: ok: refs/heads/main (read, write)
permissions: ok: read, write
expiry: ok: expires in 5h0m0s, at 2026-03-01T17:00:00Z
cache-mode: ok: write
service: ok: answered within 123ms
REST token: ok: for o/r
REST permission: ok: lists the caches
REST rate: ok: 900 of 1000 requests left
usage: ok: 4GiB of 10GiB (40%) in 120 entries
index integrity: ok: 1 index, 12 layers, none missing
scopes: ok: 1 scope, no sign of several builds in one
`
	got := doctor.Examine(healthy())
	var text strings.Builder
	for _, c := range got {
		fmt.Fprintf(&text, "%s: %s: %s\n", c.Name, c.Status, c.Detail)
	}
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
	}
	if worst := doctor.Worst(got); worst != doctor.OK {
		t.Errorf("worst is %s", worst)
	}
}

func TestExamineJudgesEachFact(t *testing.T) {
	broken := errors.New("broken")
	note := func(level cacheopts.Level, text string) []cacheopts.Note {
		return []cacheopts.Note{{Level: level, Text: text, Hint: "docker buildx ls\ndocker buildx create"}}
	}
	for _, test := range []struct {
		name   string
		change func(*doctor.Facts)
		check  string
		want   doctor.Status
		says   string // in detail, reason or fix
	}{
		{"a docker CLI that cannot be run", func(f *doctor.Facts) { f.Docker = doctor.Tool{Err: broken} }, "docker", doctor.Warning, "broken"},
		{"no buildx", func(f *doctor.Facts) { f.Buildx = doctor.Tool{Err: broken} }, "buildx", doctor.Error, "docker-buildx-plugin"},
		{"a buildx that builds refuse", func(f *doctor.Facts) { f.Buildx.Notes = note(cacheopts.LevelError, "too old") }, "buildx", doctor.Error, "buildx v0.37.2 too old"},
		{"no such builder", func(f *doctor.Facts) {
			f.Builder = doctor.Builder{Err: hint.With(errors.New(`builder "x" not found`), "docker buildx ls")}
		}, "builder", doctor.Error, `builder "x" not found [docker buildx ls]`},
		{"a builder that builds refuse", func(f *doctor.Facts) { f.Builder.Notes = note(cacheopts.LevelError, "the docker driver") }, "builder", doctor.Error, "the docker driver [docker buildx ls docker buildx create]"},
		{"a builder that builds warn of", func(f *doctor.Facts) { f.Builder.Notes = note(cacheopts.LevelWarning, "two nodes") }, "builder", doctor.Warning, "two nodes"},
		{"a builder that is not booted", func(f *doctor.Facts) { f.Builder.Nodes[0].Running = false }, "builder", doctor.OK, "node b0 is not booted"},
		{"an Engine", func(f *doctor.Facts) { f.Builder.Nodes[0].Engine = "29.0.0" }, "builder", doctor.OK, "Engine 29.0.0 with BuildKit v0.33.1"},
		{"a BuildKit that does not tell its version", func(f *doctor.Facts) { f.Builder.Nodes[0].BuildKit = "" }, "builder", doctor.OK, "BuildKit of unknown version"},
		{"no token in a job", func(f *doctor.Facts) { f.Runtime.Token = false }, "runtime variables", doctor.Error, "x/runtime@v1"},
		{"no URL in a job", func(f *doctor.Facts) { f.Runtime.URL = "" }, "runtime variables", doctor.Error, "x/runtime@v1"},
		{"a variable read in another way", func(f *doctor.Facts) { f.Runtime.Warnings = []string{"strange spelling"} }, "runtime variables", doctor.Warning, "strange spelling"},
		{"outside of a job", func(f *doctor.Facts) { f.Runtime = doctor.Runtime{} }, "runtime variables", doctor.Skipped, "not in a job"},
		{"a token without claims", func(f *doctor.Facts) { f.Grant = cacheopts.Grant{Problem: "no ac"} }, "token claims", doctor.Error, "no ac"},
		{"a token without claims has no permissions", func(f *doctor.Facts) { f.Grant = cacheopts.Grant{Problem: "no ac"} }, "permissions", doctor.Skipped, ""},
		{"a read-only token", func(f *doctor.Facts) { f.Grant.ReadOnly = "a fork" }, "permissions", doctor.Warning, "a fork"},
		{"a token that does not read", func(f *doctor.Facts) { f.Grant.NoRead = "none" }, "permissions", doctor.Error, "none"},
		{"an expired token", func(f *doctor.Facts) { f.Grant.Expires, f.Service = noon, nil }, "expiry", doctor.Error, "2026-03-01T12:00:00Z"},
		{"an expired token is no matter of the service", func(f *doctor.Facts) { f.Grant.Expires, f.Service = noon, nil }, "service", doctor.Skipped, "no usable runtime token"},
		{"an expired token outside of a job", func(f *doctor.Facts) {
			f.Runtime.Job, f.Grant.Expires, f.Service = false, noon, nil
		}, "expiry", doctor.Error, "[export ACTIONS_RUNTIME_TOKEN=$(docker ghacache serve token)"},
		{"a token that is refused in a job", func(f *doctor.Facts) { f.Service.Err, f.Service.Status = broken, 401 }, "service", doctor.Error, "[run the job again - uses: x/runtime@v1]"},
		{"a token that is refused outside of a job", func(f *doctor.Facts) {
			f.Runtime.Job, f.Service.Err, f.Service.Status = false, broken, 403
		}, "service", doctor.Error, "[export ACTIONS_RUNTIME_TOKEN=$(docker ghacache serve token)   # with the --dir of the service, if it has one]"},
		{"a service that keeps silent outside of a job", func(f *doctor.Facts) {
			f.Runtime.Job, f.Service.Err = false, doctor.Silence(5*time.Second)
		}, "service", doctor.Error, "docker ghacache doctor   # again, later]"},
		{"a service that resets connections outside of a job", func(f *doctor.Facts) {
			f.Runtime.Job, f.Service.Err = false, errors.New("read tcp 10.0.0.1:5->10.0.0.2:443: connection reset by peer")
		}, "service", doctor.Error, "docker ghacache doctor   # again, later]"},
		{"a token about to expire", func(f *doctor.Facts) { f.Grant.Expires = noon.Add(9 * time.Minute) }, "expiry", doctor.Warning, "9m0s"},
		{"a token about to expire in a job", func(f *doctor.Facts) { f.Grant.Expires = noon.Add(9 * time.Minute) }, "expiry", doctor.Warning, "[split the job, so that the build starts earlier]"},
		{"a token about to expire outside of a job", func(f *doctor.Facts) {
			f.Runtime.Job, f.Grant.Expires = false, noon.Add(9*time.Minute)
		}, "expiry", doctor.Warning, "[export ACTIONS_RUNTIME_TOKEN=$(docker ghacache serve token)"},
		{"cache-mode read", func(f *doctor.Facts) { f.Runtime.Mode = "read" }, "cache-mode", doctor.Warning, "cache-mode: write"},
		{"cache-mode write-only", func(f *doctor.Facts) { f.Runtime.Mode = "write-only" }, "cache-mode", doctor.Error, "reads before it writes"},
		{"cache-mode none", func(f *doctor.Facts) { f.Runtime.Mode = "none" }, "cache-mode", doctor.Error, "no caches"},
		{"no cache-mode", func(f *doctor.Facts) { f.Runtime.Mode = "" }, "cache-mode", doctor.Skipped, ""},
		{"a service that is slow", func(f *doctor.Facts) { f.Service.Took = 3 * time.Second }, "service", doctor.Warning, "slow"},
		{"a service that keeps silent", func(f *doctor.Facts) { f.Service.Err = doctor.Silence(5 * time.Second) }, "service", doctor.Error, "no answer in 5 s"},
		{"a service that fails in unknown words", func(f *doctor.Facts) { f.Service.Err = broken }, "service", doctor.Error, "broken"},
		{"no REST token", func(f *doctor.Facts) {
			f.REST = doctor.REST{Err: hint.With(errors.New("no token for github.com"), "gh auth login")}
		}, "REST token", doctor.Warning, "no token for github.com; ls, du and prune need it [gh auth login]"},
		{"a doctor.REST API that fails", func(f *doctor.Facts) { f.REST.Status, f.REST.Err = 502, broken }, "REST permission", doctor.Warning, "broken"},
		{"a doctor.REST API that keeps silent", func(f *doctor.Facts) { f.REST.Err = doctor.Silence(5 * time.Second) }, "REST permission", doctor.Warning, "no answer in 5 s"},
		{"no requests left", func(f *doctor.Facts) { f.REST.Remaining = 0 }, "REST rate", doctor.Warning, "2026-03-01T13:00:00Z"},
		{"few requests left", func(f *doctor.Facts) { f.REST.Remaining = 99 }, "REST rate", doctor.Warning, "99 of 1000"},
		{"usage near the limit", func(f *doctor.Facts) { f.Usage.Bytes = 9 << 30 }, "usage", doctor.Warning, "90%"},
		{"usage beyond the limit", func(f *doctor.Facts) { f.Usage.Bytes = 11 << 30 }, "usage", doctor.Warning, "evicts"},
		{"a server without a limit", func(f *doctor.Facts) { f.Usage.Limit = 0 }, "usage", doctor.OK, "4GiB in 120 entries"},
		{"a limit that cannot be asked", func(f *doctor.Facts) { f.Usage.Limit, f.Usage.LimitErr = 0, broken }, "usage", doctor.Warning, "4GiB in 120 entries the limit is not known: broken"},
		{"a listing that does not end", func(f *doctor.Facts) {
			f.Usage, f.Indexes, f.Scopes = &doctor.Usage{Err: doctor.Silence(20 * time.Second)}, nil, nil
		}, "usage", doctor.Warning, "no answer in 20 s"},
		{"evicted layers", func(f *doctor.Facts) { f.Indexes[0].Missing = 2 }, "index integrity", doctor.Warning, "2 of 12"},
		{"an unreadable index", func(f *doctor.Facts) { f.Indexes[0].Err = broken }, "index integrity", doctor.Warning, "could not be read"},
		{"builds that take turns in a scope", func(f *doctor.Facts) { f.Scopes[0].Shared = true }, "scopes", doctor.Warning, `"app" on refs/heads/main probably several builds write this scope, and the last one wins`},
		{"scopes of which nothing can be read", func(f *doctor.Facts) { f.Scopes[0].Unread = true }, "scopes", doctor.Skipped, "no index can be read from here"},
		{"scopes of which some can be read", func(f *doctor.Facts) {
			f.Scopes = append(f.Scopes, doctor.Scope{Name: "other", Ref: "refs/pull/1/merge", Unread: true})
		}, "scopes", doctor.OK, "1 scope, no sign of several builds in one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := healthy()
			test.change(&f)
			got := named(t, doctor.Examine(f), test.check)
			if got.Status != test.want {
				t.Errorf("got %+v, want %s", got, test.want)
			}
			if !f.Runtime.Job && slices.Contains(got.Fix, "run the job again") {
				t.Errorf("there is no job: %q", got.Fix)
			}
			if (got.Status == doctor.OK) != (got.Reason == "") || got.Status == doctor.Error && len(got.Fix) == 0 {
				t.Errorf("%+v has no reason or no fix", got)
			}
			if text := strings.TrimSpace(got.Detail+" "+got.Reason) + fmt.Sprint(" ", got.Fix); !strings.Contains(text, test.says) {
				t.Errorf("%+v does not say %q", got, test.says)
			}
		})
	}
}

func named(t *testing.T, checks []doctor.Check, name string) doctor.Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q", name)
	return doctor.Check{}
}

func TestExamineSkipsWhatWasNotAsked(t *testing.T) {
	for _, c := range doctor.Examine(doctor.Facts{}) {
		if c.Status != doctor.Skipped || c.Reason == "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestChecksCarryNoCredentials(t *testing.T) {
	const secret = "SECRETSECRETSECRETSECRET"
	leak := fmt.Errorf("GET https://x/?sig=%s: token=ghs_%s eyJ%s.eyJ%s.%s", secret, secret, secret, secret, secret)
	f := healthy()
	f.Docker.Err, f.Buildx.Err = leak, leak
	f.Builder.Notes = []cacheopts.Note{{Level: cacheopts.LevelError, Text: leak.Error()}}
	f.Service.Err, f.REST.Err, f.Usage.LimitErr, f.Indexes[0].Err = leak, leak, leak, leak
	f.Grant.Problem, f.Runtime.URL = leak.Error(), "https://user:"+secret+"@host/?token="+secret
	out, err := json.Marshal(doctor.Examine(f))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), secret) {
		t.Errorf("%s", out)
	}
}

func TestSeveralNotesAreSeveralChecks(t *testing.T) {
	f := healthy()
	f.Builder.Notes = []cacheopts.Note{{Level: cacheopts.LevelWarning, Text: "first", Hint: "a"}, {Level: cacheopts.LevelError, Text: "second", Hint: "b"}}
	var got []doctor.Check
	for _, c := range doctor.Examine(f) {
		if c.Name == "builder" {
			got = append(got, c)
		}
	}
	want := []doctor.Check{
		{Name: "builder", Status: doctor.Warning, Detail: "b: docker-container, BuildKit v0.33.1 with gha caches", Reason: "first", Fix: []string{"a"}},
		{Name: "builder", Status: doctor.Error, Reason: "second", Fix: []string{"b"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if worst := doctor.Worst(got); worst != doctor.Error {
		t.Errorf("the worst of them is %s", worst)
	}
}
