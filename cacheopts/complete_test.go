package cacheopts

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	runtimeURL   = "http://runtime/v1/"
	runtimeURLV2 = "http://runtime/v2/"
	ownURL       = "http://own/v1/"
	ownURLV2     = "http://own/v2/"

	expose = "expose the runtime"
	serve  = "docker ghacache serve -- docker ghacache build …"
)

func now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// job is a step of a job on github.com that has the runtime.
func job() Runtime {
	return Runtime{
		Job: true, Token: "job", Version: 2, V1Gone: true, URL: runtimeURL, URLV2: runtimeURLV2,
		Repository: "o/n", GHToken: "gh", Expose: expose, Now: now(),
		Inspect: func(token string) Grant { return grants()[token] },
	}
}

// grants are the tokens of these tests; any other allows everything.
func grants() map[string]Grant {
	return map[string]Grant{
		"expired":    {Expires: now()},
		"lasting":    {Expires: now().Add(time.Second)},
		"unreadable": {Problem: "no `ac` claim"},
		"read-only":  {ReadOnly: "the token of a fork cannot write"},
		"write-only": {NoRead: "cache-mode is write-only"},
	}
}

// requests reads "to type=gha,…", "from …" or "app/to …".
func requests(t testing.TB, lines ...string) []Request {
	t.Helper()
	var reqs []Request
	for _, line := range lines {
		head, value, _ := strings.Cut(line, " ")
		where, side, ok := strings.Cut(head, "/")
		if !ok {
			where, side = "", head
		}
		reqs = append(reqs, Request{Side: map[string]Side{"to": To, "from": From}[side], Entry: entry(t, value), Where: where})
	}
	return reqs
}

// kept prints the entries of a result, "-" for a dropped one.
func kept(r Result) []string {
	var out []string
	for _, e := range r.Entries {
		if e.Dropped {
			out = append(out, "-")
			continue
		}
		out = append(out, e.Entry.Value())
	}
	return out
}

type completeTest struct {
	name    string
	runtime func(*Runtime) // changes job(); nil: nothing
	opts    Options
	reqs    []string
	want    []string
	env     map[string]string // nil: the token of job()
	notes   []Note
}

func (tt completeTest) run(t *testing.T) {
	rt := job()
	if tt.runtime != nil {
		tt.runtime(&rt)
	}
	env := tt.env
	if env == nil {
		env = map[string]string{"ACTIONS_RUNTIME_TOKEN": "job"}
	}
	got := Complete(requests(t, tt.reqs...), rt, tt.opts)
	if diff := cmp.Diff(tt.want, kept(got)); diff != "" {
		t.Errorf("entries:\n%s", diff)
	}
	if diff := cmp.Diff(env, got.Env, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("environment:\n%s", diff)
	}
	if diff := cmp.Diff(tt.notes, got.Notes); diff != "" {
		t.Errorf("notes:\n%s", diff)
	}
}

const v2 = "type=gha,url_v2=" + runtimeURLV2 + ",version=2"

func none() map[string]string { return map[string]string{} }

func outside(rt *Runtime) { *rt = Runtime{Now: rt.Now, Inspect: rt.Inspect} }

func as(token string) func(*Runtime) { return func(rt *Runtime) { rt.Token = token } }

// TestCompleteInEverySituation has a row for every combination of job, token, URL, strict and
// ignore-error, and for every grant.
func TestCompleteInEverySituation(t *testing.T) {
	const (
		noToken  = "type=gha needs ACTIONS_RUNTIME_TOKEN, which this step of the job does not have"
		noURL    = "type=gha needs ACTIONS_RESULTS_URL, which this step of the job does not have"
		nothing  = "type=gha needs ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL, which this step of the job does not have"
		optional = "building without type=gha, as ignore-error allows: "
	)
	noURLs := func(rt *Runtime) { rt.URL, rt.URLV2 = "", "" }
	tests := []completeTest{
		{name: "a job with everything", reqs: []string{"to type=gha,mode=max", "from type=gha"},
			want: []string{"type=gha,mode=max,url_v2=" + runtimeURLV2 + ",version=2", v2}},
		{name: "a job without token", runtime: as(""), reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []Note{{LevelError, noToken, expose}}},
		{name: "a job without URL", runtime: noURLs, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, noURL, expose}}},
		{name: "a job with the URL of the version that is gone", runtime: func(rt *Runtime) { rt.URLV2 = "" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, noURL, expose}}},
		{name: "a job without token and URL", runtime: func(rt *Runtime) { noURLs(rt); rt.Token = "" }, reqs: []string{"from type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, nothing, expose}}},
		{name: "a job without token, ignore-error", runtime: as(""), reqs: []string{"to type=gha,ignore-error=true", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []Note{{LevelWarning, optional + noToken, expose}}},
		{name: "a job without URL, ignore-error, strict", runtime: noURLs, opts: Options{Strict: true}, reqs: []string{"to type=gha,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelWarning, optional + noURL, expose}}},
		{name: "ignore-error of another target excuses nothing", runtime: as(""), reqs: []string{"a/to type=gha,ignore-error=true", "b/from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []Note{{LevelWarning, optional + noToken, expose}, {LevelError, noToken, expose}}},
		{name: "ignore-error=false excuses nothing", runtime: as(""), reqs: []string{"to type=gha,ignore-error=false"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, noToken, expose}}},
		{name: "a job whose entries bring token and URL", runtime: func(rt *Runtime) { outside(rt); rt.Job = true }, reqs: []string{"to type=gha,token=own,url_v2=" + ownURLV2},
			want: []string{"type=gha,url_v2=" + ownURLV2 + ",version=2"}, env: map[string]string{"ACTIONS_RUNTIME_TOKEN": "own"}},

		{name: "outside, nothing", runtime: outside, reqs: []string{"to type=gha", "from type=gha", "to type=inline"}, want: []string{"-", "-", "type=inline"}, env: none(),
			notes: []Note{{LevelWarning, "building without type=gha: there is no ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL outside of a job of GitHub Actions", serve}}},
		{name: "outside, nothing, strict", runtime: outside, opts: Options{Strict: true}, reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []Note{{LevelError, "type=gha needs ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL, and this is no job of GitHub Actions", serve}}},
		{name: "outside, nothing, strict, ignore-error", runtime: outside, opts: Options{Strict: true}, reqs: []string{"to type=gha,ignore-error=1"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelWarning, optional + "type=gha needs ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL, and this is no job of GitHub Actions", serve}}},
		{name: "outside, nothing, ignore-error", runtime: outside, reqs: []string{"to type=gha,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelWarning, "building without type=gha: there is no ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL outside of a job of GitHub Actions", serve}}},
		{name: "outside, a token and no URL", runtime: func(rt *Runtime) { outside(rt); rt.Token = "t" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelWarning, "building without type=gha: there is no ACTIONS_RESULTS_URL outside of a job of GitHub Actions", serve}}},
		{name: "outside, a URL and no token", runtime: func(rt *Runtime) { rt.Job, rt.Token = false, "" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelWarning, "building without type=gha: there is no ACTIONS_RUNTIME_TOKEN outside of a job of GitHub Actions", serve}}},
		{name: "outside, a token and no URL, strict", runtime: func(rt *Runtime) { outside(rt); rt.Token = "t" }, opts: Options{Strict: true}, reqs: []string{"from type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, "type=gha needs ACTIONS_RESULTS_URL, and this is no job of GitHub Actions", serve}}},
		{name: "outside, a URL and no token, strict", runtime: func(rt *Runtime) { rt.Job, rt.Token = false, "" }, opts: Options{Strict: true}, reqs: []string{"from type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, "type=gha needs ACTIONS_RUNTIME_TOKEN, and this is no job of GitHub Actions", serve}}},
		{name: "outside, everything", runtime: func(rt *Runtime) { rt.Job = false }, opts: Options{Strict: true}, reqs: []string{"to type=gha"}, want: []string{v2}},

		{name: "an expired token", runtime: as("expired"), reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []Note{{LevelError, "the runtime token expired at 2026-03-01T12:00:00Z", "a token lives as long as its job: run the step again in a new job"}}},
		{name: "an expired token outside of a job", runtime: func(rt *Runtime) { rt.Job, rt.Token = false, "expired" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, "the runtime token expired at 2026-03-01T12:00:00Z", "docker ghacache serve token"}}},
		{name: "an expired token, ignore-error", runtime: as("expired"), reqs: []string{"from type=gha", "to type=gha,ignore-error=true"}, want: []string{"-", "-"}, env: none(),
			notes: []Note{{LevelWarning, optional + "the runtime token expired at 2026-03-01T12:00:00Z", "a token lives as long as its job: run the step again in a new job"}}},
		{name: "a token about to expire", runtime: as("lasting"), reqs: []string{"to type=gha"}, want: []string{v2}, env: map[string]string{"ACTIONS_RUNTIME_TOKEN": "lasting"}},
		{name: "an unreadable token", runtime: as("unreadable"), reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, "the runtime token cannot be used: no `ac` claim", "docker ghacache doctor"}}},
		{name: "an unreadable token outside of a job", runtime: func(rt *Runtime) { rt.Job, rt.Token = false, "unreadable" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, "the runtime token cannot be used: no `ac` claim", "docker ghacache doctor"}}},
		{name: "an unreadable token, ignore-error", runtime: as("unreadable"), reqs: []string{"to type=gha,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelWarning, optional + "the runtime token cannot be used: no `ac` claim", "docker ghacache doctor"}}},
		{name: "a token that cannot write", runtime: as("read-only"), opts: Options{Strict: true}, reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", v2}, env: map[string]string{"ACTIONS_RUNTIME_TOKEN": "read-only"},
			notes: []Note{{LevelWarning, "building without --cache-to type=gha: the token of a fork cannot write", ""}}},
		{name: "a token that cannot read serves neither side, for the export looks up first", runtime: as("write-only"), reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []Note{
				{LevelWarning, "building without --cache-to type=gha: cache-mode is write-only", ""},
				{LevelWarning, "building without --cache-from type=gha: cache-mode is write-only", ""},
			}},
		{name: "a runtime that can read no token", runtime: func(rt *Runtime) { rt.Inspect = nil }, reqs: []string{"to type=gha"}, want: []string{v2}},
		{name: "no entry at all", want: nil, env: none()},
		{name: "entries of other types only", reqs: []string{"to type=local,dest=x", "from user/app"}, want: []string{"type=local,dest=x", "user/app"}, env: none()},
		{name: "a mistake is an error, ignore-error or not", reqs: []string{"app/to type=gha,mode=all,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []Note{{LevelError, `cache-to of target "app": mode "all" is neither min nor max, and would be min`, "mode=max"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestFailedTellsErrorsFromWarnings(t *testing.T) {
	if (Result{Notes: []Note{{Level: LevelWarning}, {Level: LevelInfo}}}).Failed() {
		t.Error("a warning counts as a failure")
	}
	if !(Result{Notes: []Note{{Level: LevelWarning}, {Level: LevelError}}}).Failed() {
		t.Error("an error does not count as a failure")
	}
}
