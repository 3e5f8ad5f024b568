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
)

func now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// job is a step of a job on github.com that has the runtime.
func job() Runtime {
	return Runtime{
		Job: true, Token: "job", Version: 2, V1Gone: true, URL: runtimeURL, URLV2: runtimeURLV2,
		Repository: "o/n", GHToken: "gh", Now: now(),
		Inspect: func(token string) Grant { return grants()[token] },
	}
}

// grants are the tokens of these tests; any other allows everything.
func grants() map[string]Grant {
	return map[string]Grant{
		"expired":    {Expires: now()},
		"lasting":    {Expires: now().Add(time.Second)},
		"unreadable": {Problem: "no `ac` claim"},
		"abc":        {Problem: "the runtime token is not a JWT"},
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

// said is what a note says to people.
type said struct {
	level      Level
	text, hint string
}

func saidBy(notes []Note) (all []said) {
	for _, n := range notes {
		all = append(all, said{n.Level, n.Text, n.Hint})
	}
	return all
}

type completeTest struct {
	name    string
	runtime func(*Runtime) // changes job(); nil: nothing
	opts    Options
	reqs    []string
	want    []string
	env     map[string]string // nil: the token of job()
	notes   []said
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
	if diff := cmp.Diff(tt.notes, saidBy(got.Notes), cmp.AllowUnexported(said{})); diff != "" {
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
			notes: []said{{LevelError, noToken, ""}}},
		{name: "a job without URL", runtime: noURLs, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, noURL, ""}}},
		{name: "a job with the URL of the version that is gone", runtime: func(rt *Runtime) { rt.URLV2 = "" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, noURL, ""}}},
		{name: "a job without token and URL", runtime: func(rt *Runtime) { noURLs(rt); rt.Token = "" }, reqs: []string{"from type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, nothing, ""}}},
		{name: "a job without token, ignore-error", runtime: as(""), reqs: []string{"to type=gha,ignore-error=true", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelWarning, optional + noToken, ""}}},
		{name: "a job without URL, ignore-error, strict", runtime: noURLs, opts: Options{Strict: true}, reqs: []string{"to type=gha,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelWarning, optional + noURL, ""}}},
		{name: "ignore-error of another target excuses nothing", runtime: as(""), reqs: []string{"a/to type=gha,ignore-error=true", "b/from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelWarning, optional + noToken, ""}, {LevelError, noToken, ""}}},
		{name: "ignore-error=false excuses nothing", runtime: as(""), reqs: []string{"to type=gha,ignore-error=false"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, noToken, ""}}},
		{name: "a job whose entries bring token and URL", runtime: func(rt *Runtime) { outside(rt); rt.Job = true }, reqs: []string{"to type=gha,token=own,url_v2=" + ownURLV2},
			want: []string{"type=gha,url_v2=" + ownURLV2 + ",version=2"}, env: map[string]string{"ACTIONS_RUNTIME_TOKEN": "own"}},

		{name: "outside, nothing", runtime: outside, reqs: []string{"to type=gha", "from type=gha", "to type=inline"}, want: []string{"-", "-", "type=inline"}, env: none(),
			notes: []said{{LevelWarning, "building without type=gha: there is no ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL outside of a job of GitHub Actions", ""}}},
		{name: "outside, nothing, strict", runtime: outside, opts: Options{Strict: true}, reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelError, "type=gha needs ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL, and this is not a job of GitHub Actions", ""}}},
		{name: "outside, nothing, strict, ignore-error", runtime: outside, opts: Options{Strict: true}, reqs: []string{"to type=gha,ignore-error=1"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelWarning, optional + "type=gha needs ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL, and this is not a job of GitHub Actions", ""}}},
		{name: "outside, nothing, ignore-error", runtime: outside, reqs: []string{"to type=gha,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelWarning, "building without type=gha: there is no ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL outside of a job of GitHub Actions", ""}}},
		{name: "outside, a token and no URL", runtime: func(rt *Runtime) { outside(rt); rt.Token = "t" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelWarning, "building without type=gha: there is no ACTIONS_RESULTS_URL outside of a job of GitHub Actions", ""}}},
		{name: "outside, a URL and no token", runtime: func(rt *Runtime) { rt.Job, rt.Token = false, "" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelWarning, "building without type=gha: there is no ACTIONS_RUNTIME_TOKEN outside of a job of GitHub Actions", ""}}},
		{name: "outside, a token and no URL, strict", runtime: func(rt *Runtime) { outside(rt); rt.Token = "t" }, opts: Options{Strict: true}, reqs: []string{"from type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "type=gha needs ACTIONS_RESULTS_URL, and this is not a job of GitHub Actions", ""}}},
		{name: "outside, a URL and no token, strict", runtime: func(rt *Runtime) { rt.Job, rt.Token = false, "" }, opts: Options{Strict: true}, reqs: []string{"from type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "type=gha needs ACTIONS_RUNTIME_TOKEN, and this is not a job of GitHub Actions", ""}}},
		{name: "outside, everything", runtime: func(rt *Runtime) { rt.Job = false }, opts: Options{Strict: true}, reqs: []string{"to type=gha"}, want: []string{v2}},

		{name: "an expired token", runtime: as("expired"), reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelError, "the runtime token expired at 2026-03-01T12:00:00Z", ""}}},
		{name: "an expired token outside of a job", runtime: func(rt *Runtime) { rt.Job, rt.Token = false, "expired" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "the runtime token expired at 2026-03-01T12:00:00Z", ""}}},
		{name: "an expired token, ignore-error", runtime: as("expired"), reqs: []string{"from type=gha", "to type=gha,ignore-error=true"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelWarning, optional + "the runtime token expired at 2026-03-01T12:00:00Z", ""}}},
		{name: "a token about to expire", runtime: as("lasting"), reqs: []string{"to type=gha"}, want: []string{v2}, env: map[string]string{"ACTIONS_RUNTIME_TOKEN": "lasting"}},
		{name: "an unreadable token", runtime: as("unreadable"), reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "the cache cannot be used: no `ac` claim", ""}}},
		{name: "an unreadable token outside of a job", runtime: func(rt *Runtime) { rt.Job, rt.Token = false, "unreadable" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "the cache cannot be used: no `ac` claim", ""}}},
		{name: "an unreadable token, ignore-error", runtime: as("unreadable"), reqs: []string{"to type=gha,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelWarning, optional + "the cache cannot be used: no `ac` claim", ""}}},
		{name: "a token that cannot write", runtime: as("read-only"), opts: Options{Strict: true}, reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", v2}, env: map[string]string{"ACTIONS_RUNTIME_TOKEN": "read-only"},
			notes: []said{{LevelWarning, "building without --cache-to type=gha: the token of a fork cannot write", ""}}},
		{name: "a token that cannot read serves neither side, for the export looks up first", runtime: as("write-only"), reqs: []string{"to type=gha", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []said{
				{LevelWarning, "building without --cache-to type=gha: cache-mode is write-only", ""},
				{LevelWarning, "building without --cache-from type=gha: cache-mode is write-only", ""},
			}},
		{name: "a runtime that can read no token", runtime: func(rt *Runtime) { rt.Inspect = nil }, reqs: []string{"to type=gha"}, want: []string{v2}},
		{name: "no entry at all", want: nil, env: none()},
		{name: "entries of other types only", reqs: []string{"to type=local,dest=x", "from user/app"}, want: []string{"type=local,dest=x", "user/app"}, env: none()},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestCompleteReportsProblems(t *testing.T) {
	const (
		unknown = `this version does not know attribute "compression" of type=gha, and BuildKit ignores what it does not know`
		onTo    = "attributes of --cache-to: scope, mode, ignore-error, timeout, version, url_v2, url, token, repository, ghtoken"
		mode    = `mode is min or max, not "all", which BuildKit would take for min`
		ends    = ",url_v2=" + runtimeURLV2 + ",version=2"
	)
	strict := Options{Strict: true}
	tests := []completeTest{
		{name: "a mistake is an error, ignore-error or not", reqs: []string{"app/to type=gha,mode=all,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, `cache-to of target "app": ` + mode, "type=gha,ignore-error=true,mode=max"}}},
		{name: "mistakes in one entry have one hint", reqs: []string{"to type=gha,mode=all,scop=x"}, want: []string{"-"}, env: none(),
			notes: []said{
				{LevelError, "--cache-to: " + mode, ""},
				{LevelError, `--cache-to: unknown attribute "scop"; did you mean scope=x?`, "--cache-to type=gha,mode=max,scope=x"},
			}},
		{name: "an unknown attribute stays", reqs: []string{"to type=gha,compression=zstd"}, want: []string{"type=gha,compression=zstd" + ends},
			notes: []said{{LevelWarning, "--cache-to: " + unknown, onTo}}},
		{name: "an unknown attribute, strict", opts: strict, reqs: []string{"to type=gha,compression=zstd"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "--cache-to: " + unknown, onTo}}},
		{name: "an attribute of the other side stays", reqs: []string{"from type=gha,mode=max"}, want: []string{"type=gha,mode=max" + ends},
			notes: []said{{LevelWarning, "--cache-from: BuildKit reads mode on --cache-to only", "--cache-from type=gha"}}},
		{name: "an attribute of the other side, strict", opts: strict, reqs: []string{"from type=gha,mode=max"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "--cache-from: BuildKit reads mode on --cache-to only", "--cache-from type=gha"}}},
		{name: "a token that nobody would read stays out of the command line", reqs: []string{"from type=gha,ghtoken=g,repository=o/n"}, want: []string{"type=gha,repository=o/n" + ends},
			notes: []said{
				{LevelWarning, "--cache-from: BuildKit reads ghtoken on --cache-to only", ""},
				{LevelWarning, "--cache-from: BuildKit reads repository on --cache-to only", "--cache-from type=gha"},
			}},
		{name: "repository brings no ghtoken to --cache-from", reqs: []string{"from type=gha,repository=o/n"}, want: []string{"type=gha,repository=o/n" + ends},
			notes: []said{{LevelWarning, "--cache-from: BuildKit reads repository on --cache-to only", "--cache-from type=gha"}}},
		{name: "a bare gha stays what it is", reqs: []string{"to gha"}, want: []string{"gha"}, env: none(),
			notes: []said{{LevelWarning, `--cache-to: buildx reads "gha" as the name of an image, not as a type`, "--cache-to type=gha"}}},
		{name: "a bare gha, strict", opts: strict, reqs: []string{"to gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, `--cache-to: buildx reads "gha" as the name of an image, not as a type`, "--cache-to type=gha"}}},
		{name: "a list that two targets share", reqs: []string{"a/from type=gha,mode=max", "b/from type=gha,mode=max,scope=b"}, want: []string{"type=gha,mode=max" + ends, "type=gha,mode=max,scope=b" + ends},
			notes: []said{{LevelWarning, `cache-from of targets "a" and "b": BuildKit reads mode on --cache-to only`, "type=gha"}}},
		{name: "a list that three targets share, one of them twice", reqs: []string{"a/to type=gha,mode=all", "b/to type=gha,mode=all", "b/to type=gha,mode=all", "c/to type=gha,mode=all"},
			want: []string{"-", "-", "-", "-"}, env: none(),
			notes: []said{{LevelError, `cache-to of targets "a", "b" and "c": ` + mode, "type=gha,mode=max"}}},
		{name: "a list that four targets share", reqs: []string{"a/to type=gha,mode=all", "b/to type=gha,mode=all", "c/to type=gha,mode=all", "d/to type=gha,mode=all"},
			want: []string{"-", "-", "-", "-"}, env: none(),
			notes: []said{{LevelError, "cache-to of 4 targets: " + mode, "type=gha,mode=max"}}},
		{name: "the sides are apart", reqs: []string{"a/to type=gha,timeout=1", "a/from type=gha,timeout=1"}, want: []string{"-", "-"}, env: none(),
			notes: []said{
				{LevelError, `cache-to of target "a": timeout is a positive duration such as 10m, not "1"`, "type=gha,timeout=10m"},
				{LevelError, `cache-from of target "a": timeout is a positive duration such as 10m, not "1"`, "type=gha,timeout=10m"},
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestCheckReportsWhatCompleteDoes(t *testing.T) {
	reqs := requests(t, "to type=gha,mode=all,scop=x", "from type=gha,mode=max", "to gha", "to type=inline", "from type=gha")
	for _, opts := range []Options{{}, {Strict: true}} {
		if diff := cmp.Diff(Complete(reqs, job(), opts).Notes, Check(reqs, opts)); diff != "" {
			t.Error(diff)
		}
	}
	if got := Check(requests(t, "to type=gha"), Options{}); len(got) > 0 {
		t.Errorf("notes without a mistake: %v", got)
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

func FuzzComplete(f *testing.F) {
	for _, seed := range []string{"type=gha,scope=x", "type= GHA, scop=x,mode=all", "type=gha,url=::,timeout=x", "type=gha,token=,ghtoken=x,repository=/", "type=local,dest=x"} {
		f.Add(seed, secretValue, runtimeURL, runtimeURLV2, 2)
	}
	f.Add("type=gha", "", "", "", 0)
	f.Fuzz(func(t *testing.T, value, token, url, urlV2 string, version int) {
		entries, err := Parse(value)
		if err != nil {
			return
		}
		var reqs []Request
		for _, e := range entries {
			reqs = append(reqs, Request{Side: To, Entry: e}, Request{Side: From, Entry: e})
		}
		rt := Runtime{Token: token, URL: url, URLV2: urlV2, Version: version}
		for i, done := range Complete(reqs, rt, Options{}).Entries {
			switch {
			case !reqs[i].Entry.meant().GHA() && (done.Dropped || !done.Entry.equal(reqs[i].Entry)):
				t.Fatalf("%q: %s is none of gha and was changed", value, done.Entry)
			case !done.Dropped && done.Entry.GHA() && done.URL == "":
				t.Fatalf("%q: %s has no URL", value, done.Entry)
			}
		}
	})
}
