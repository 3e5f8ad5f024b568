package cacheopts

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyRuntime generates surroundings, contradictory ones too.
func anyRuntime() *rapid.Generator[Runtime] {
	maybe := func(t *rapid.T, value string) string {
		return rapid.SampledFrom([]string{value, value, ""}).Draw(t, value)
	}
	return rapid.Custom(func(t *rapid.T) Runtime {
		grant := rapid.SampledFrom([]Grant{{}, {}, {}, {Problem: "x"}, {ReadOnly: "x"}, {NoRead: "x"}, {Expires: now()}}).Draw(t, "grant")
		return Runtime{
			Job: rapid.Bool().Draw(t, "job"), Token: maybe(t, secretValue), URL: maybe(t, runtimeURL), URLV2: maybe(t, runtimeURLV2),
			Version: rapid.IntRange(0, 2).Draw(t, "version"), V1Gone: rapid.Bool().Draw(t, "v1 gone"), V1Only: maybe(t, "Gitea"),
			Repository: maybe(t, "o/n"), GHToken: maybe(t, secretValue+"3"), Now: now(),
			Inspect: func(string) Grant { return grant },
		}
	})
}

func anyRequest() *rapid.Generator[Request] {
	return rapid.Custom(func(t *rapid.T) Request {
		return Request{
			Side:  rapid.SampledFrom([]Side{To, From}).Draw(t, "side"),
			Entry: ghaEntry().Draw(t, "entry"),
			Where: rapid.SampledFrom([]string{"", "app"}).Draw(t, "where"),
		}
	})
}

// environment is what a child of this runtime sees before anything is set.
func environment(t *rapid.T, rt Runtime) map[string]string {
	env := map[string]string{}
	for i, value := range []string{rt.Token, rt.URL, rt.URLV2} {
		name := actionsVariables()[i]
		if value != "" || rapid.Bool().Draw(t, "empty "+name) {
			env[name] = value
		}
	}
	if v := rapid.SampledFrom([]string{"", "0", "1", "true", "yes"}).Draw(t, "service v2"); v != "" {
		env["ACTIONS_CACHE_SERVICE_V2"] = v
	}
	return env
}

func TestBuildxAndBuildKitUseWhatCompleteAnnounces(t *testing.T) {
	keepActionsEnv(t)
	used := 0
	rapid.Check(t, func(rt *rapid.T) {
		runtime := anyRuntime().Draw(rt, "runtime")
		reqs := rapid.SliceOfN(anyRequest(), 1, 4).Draw(rt, "requests")
		result := Complete(reqs, runtime, Options{Strict: rapid.Bool().Draw(rt, "strict")})
		env := environment(rt, runtime)
		maps.Copy(env, result.Env)
		for i, done := range result.Entries {
			asked := reqs[i].Entry
			if done.Dropped || !asked.GHA() {
				if !done.Entry.equal(asked) || done.Version != 0 || done.URL != "" {
					rt.Fatalf("%s was changed to %s", asked, done.Entry)
				}
				continue
			}
			used++
			got := resolve(t, done.Entry.Value(), env)
			if got == nil {
				rt.Fatalf("buildx drops %s", done.Entry)
			}
			token := asked.Attrs["token"]
			if token == "" {
				token = runtime.Token
			}
			if got.Version != done.Version || got.URL != done.URL || got.Token != token || got.Scope != asked.Scope() {
				rt.Fatalf("%s: BuildKit uses %+v, announced are version %d at %s", done.Entry, got, done.Version, done.URL)
			}
		}
	})
	if used == 0 {
		t.Error("no entry survived")
	}
}

func TestCompleteIsCompleteAndShowsNoToken(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		runtime := anyRuntime().Draw(rt, "runtime")
		reqs := rapid.SliceOfN(anyRequest(), 0, 4).Draw(rt, "requests")
		result := Complete(reqs, runtime, Options{})
		if len(result.Entries) != len(reqs) {
			rt.Fatalf("%d entries for %d requests", len(result.Entries), len(reqs))
		}
		for _, note := range result.Notes {
			if strings.Contains(note.Text+note.Hint, secretValue) {
				rt.Fatalf("%+v shows a token", note)
			}
			if note.Text == "" || strings.ContainsAny(note.Text, "\r\n") {
				rt.Fatalf("%+v is no note to show", note)
			}
		}
		lost := false
		for i, done := range result.Entries {
			lost = lost || done.Dropped && !duplicated(reqs, i)
			if done.Dropped || !done.Entry.GHA() {
				continue
			}
			if (done.Entry.Attrs["url"] == "") == (done.Entry.Attrs["url_v2"] == "") {
				rt.Fatalf("%s does not have one URL", done.Entry)
			}
			if _, ghtoken := done.Entry.Attrs["ghtoken"]; ghtoken && (reqs[i].Side == From || done.Entry.Attrs["repository"] == "") {
				rt.Fatalf("%s has a token that nobody reads", done.Entry)
			}
			if reqs[i].Side == To && done.Entry.Attrs["repository"] != "" && done.Entry.Attrs["ghtoken"] == "" {
				rt.Fatalf("%s has half of the listing", done.Entry)
			}
			if _, ok := reqs[i].Entry.Attrs["other"]; ok && done.Entry.Attrs["other"] != "x" {
				rt.Fatalf("%s lost what it had", done.Entry)
			}
		}
		if lost && len(result.Notes) == 0 {
			rt.Fatalf("an entry was dropped without a word: %v", kept(result))
		}
		compareAgain(rt, reqs, runtime, result)
	})
}

// duplicated reports whether an entry of the same target before this one writes
// the same scope, so that this one may be dropped as a duplicate.
func duplicated(reqs []Request, at int) bool {
	for _, req := range reqs[:at] {
		if req.Side == To && reqs[at].Side == To && req.Where == reqs[at].Where && req.Entry.Scope() == reqs[at].Entry.Scope() {
			return true
		}
	}
	return false
}

// compareAgain completes the same once more, and then what came out of it.
func compareAgain(t *rapid.T, reqs []Request, runtime Runtime, result Result) {
	if diff := cmp.Diff(result, Complete(reqs, runtime, Options{})); diff != "" {
		t.Fatalf("a second run differs:\n%s", diff)
	}
	var next []Request
	var want []string
	for i, done := range result.Entries {
		if !done.Dropped {
			next, want = append(next, Request{Side: reqs[i].Side, Entry: done.Entry, Where: reqs[i].Where}), append(want, done.Entry.Value())
		}
	}
	if token := result.Env[tokenVariable]; token != "" {
		runtime.Token = token
	}
	if diff := cmp.Diff(want, kept(Complete(next, runtime, Options{}))); diff != "" {
		t.Fatalf("completed entries are not complete:\n%s", diff)
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
