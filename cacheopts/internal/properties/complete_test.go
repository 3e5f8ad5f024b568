package properties

import (
	"maps"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestBuildxAndBuildKitUseWhatCompleteAnnounces(t *testing.T) {
	keepActionsEnv(t)
	used := 0
	rapid.Check(t, func(rt *rapid.T) {
		runtime := anyRuntime().Draw(rt, "runtime")
		reqs := rapid.SliceOfN(anyRequest(), 1, 4).Draw(rt, "requests")
		result := cacheopts.Complete(reqs, runtime, cacheopts.Options{Strict: rapid.Bool().Draw(rt, "strict")})
		env := environment(rt, runtime)
		maps.Copy(env, result.Env)
		for i, done := range result.Entries {
			asked := reqs[i].Entry
			if done.Dropped || !asked.GHA() {
				if !equal(done.Entry, asked) || done.Version != 0 || done.URL != "" {
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
		result := cacheopts.Complete(reqs, runtime, cacheopts.Options{})
		if len(result.Entries) != len(reqs) {
			rt.Fatalf("%d entries for %d requests", len(result.Entries), len(reqs))
		}
		for _, note := range result.Notes {
			if strings.Contains(note.Text+note.Hint+strings.Join(note.Values, ""), secretValue) {
				rt.Fatalf("%+v shows a token", note)
			}
			if note.Code == "" || note.Level == "" || note.Text == "" || strings.ContainsAny(note.Text, "\r\n") {
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
			if _, ghtoken := done.Entry.Attrs["ghtoken"]; ghtoken && (reqs[i].Side == cacheopts.From || done.Entry.Attrs["repository"] == "") {
				rt.Fatalf("%s has a token that nobody reads", done.Entry)
			}
			if reqs[i].Side == cacheopts.To && done.Entry.Attrs["repository"] != "" && done.Entry.Attrs["ghtoken"] == "" {
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
func duplicated(reqs []cacheopts.Request, at int) bool {
	for _, req := range reqs[:at] {
		if req.Side == cacheopts.To && reqs[at].Side == cacheopts.To && req.Where == reqs[at].Where && req.Entry.Scope() == reqs[at].Entry.Scope() {
			return true
		}
	}
	return false
}

// compareAgain completes the same once more, and then what came out of it.
func compareAgain(t *rapid.T, reqs []cacheopts.Request, runtime cacheopts.Runtime, result cacheopts.Result) {
	if diff := cmp.Diff(result, cacheopts.Complete(reqs, runtime, cacheopts.Options{})); diff != "" {
		t.Fatalf("a second run differs:\n%s", diff)
	}
	var next []cacheopts.Request
	var want []string
	for i, done := range result.Entries {
		if !done.Dropped {
			next, want = append(next, cacheopts.Request{Side: reqs[i].Side, Entry: done.Entry, Where: reqs[i].Where}), append(want, done.Entry.Value())
		}
	}
	if token := result.Env["ACTIONS_RUNTIME_TOKEN"]; token != "" {
		runtime.Token = token
	}
	if diff := cmp.Diff(want, kept(cacheopts.Complete(next, runtime, cacheopts.Options{}))); diff != "" {
		t.Fatalf("completed entries are not complete:\n%s", diff)
	}
}

// kept are the entries of a result that were not dropped.
func kept(r cacheopts.Result) []string {
	var out []string
	for _, e := range r.Entries {
		if !e.Dropped {
			out = append(out, e.Entry.Value())
		}
	}
	return out
}
