package cachelists

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker/buildx/bake"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// resolveByBuildx is what `buildx bake --print` does.
func resolveByBuildx(t *rapid.T, definition string, sets []string) Targets {
	t.Helper()
	files := []bake.File{{Name: "docker-bake.hcl", Data: []byte(definition)}}
	resolved, _, err := bake.ReadTargets(t.Context(), files, []string{"a", "ab", "b", "c"}, sets, nil, nil, &bake.EntitlementConf{})
	if err != nil {
		t.Fatalf("buildx: %v\n%s\n--set %q", err, definition, sets)
	}
	printed, err := json.Marshal(resolved)
	if err != nil {
		t.Fatal(err)
	}
	var targets Targets
	if err := json.Unmarshal(printed, &targets); err != nil {
		t.Fatal(err)
	}
	return targets
}

// bakeDefinition generates targets that inherit from each other and from two that
// are not built, one of which a pattern for those that are may match.
func bakeDefinition(t *rapid.T) string {
	var b strings.Builder
	above := []string{"base", "abase"}
	for _, name := range []string{"base", "abase", "a", "ab", "b", "c"} {
		fmt.Fprintf(&b, "target %q {\n", name)
		if name != "base" && name != "abase" {
			if parents := rapid.SliceOfNDistinct(rapid.SampledFrom(above), 0, 2, rapid.ID).Draw(t, name+" inherits"); len(parents) > 0 {
				fmt.Fprintf(&b, "  inherits = %s\n", quotedList(parents))
			}
			above = append(above, name)
		}
		for _, key := range []string{"cache-to", "cache-from"} {
			// Of equal entries in a list, buildx v0.37 drops one in place, in the file's own slice, and
			// then appends over it for another target (removeDupes in util/buildflags).
			if list := rapid.SliceOfNDistinct(bakeEntry(), 0, 2, rapid.ID).Draw(t, name+" "+key); len(list) > 0 {
				fmt.Fprintf(&b, "  %s = %s\n", key, quotedList(list))
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func quotedList(words []string) string { return `["` + strings.Join(words, `", "`) + `"]` }

func bakeEntry() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"type=gha", "type=gha,scope=x", "type=inline", "type=local,src=d,dest=d", "user/app:cache", "user/other"})
}

func cacheSets() *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		pattern := rapid.SampledFrom([]string{"*", "a*", "a*", "a*", "?", "[ac]", "a", "b", "c", "base"}).Draw(t, "pattern")
		key := rapid.SampledFrom([]string{"cache-to", "cache-from"}).Draw(t, "key")
		value := rapid.OneOf(bakeEntry(), rapid.Just("")).Draw(t, "value")
		return pattern + "." + key + rapid.SampledFrom([]string{"=", "=", "+="}).Draw(t, "operator") + value
	}), 0, 4)
}

func setWords(args []cacheopts.Arg) []string {
	var values []string
	for _, arg := range args {
		values = append(values, arg.Value)
	}
	return values
}

// completed is what becomes of the lists: gha entries of scope x are dropped, all
// others get a URL.
func completed(ts Targets) (done []cacheopts.Completed, want map[cacheList][]string) {
	want = map[cacheList][]string{}
	for _, req := range ts.Requests(false) {
		done = append(done, cacheopts.Completed{Entry: req.Entry.With("url_v2", "http://h/"), Dropped: req.Entry.Scope() == "x"})
	}
	for name, side := range ts.Lists() {
		at := cacheList{name, side}
		want[at] = []string{}
		for _, e := range ts[name].List(side) {
			if e.GHA() && e.Scope() == "x" {
				continue
			}
			if e.GHA() {
				e = e.With("url_v2", "http://h/")
			}
			want[at] = append(want[at], e.Value())
		}
	}
	return done, want
}

func TestOverridesChangeTheGHAEntriesOnly(t *testing.T) {
	overridden, keptOwn := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		definition, sets := bakeDefinition(t), cacheSets().Draw(t, "sets")
		before := resolveByBuildx(t, definition, sets)
		done, want := completed(before)
		var words []string
		for _, set := range sets {
			words = append(words, "--set", set)
		}
		args, err := before.Override(cacheopts.ScanBake(words), done)
		if err != nil {
			t.Fatal(err)
		}
		after := resolveByBuildx(t, definition, setWords(args))
		got := map[cacheList][]string{}
		for name, side := range after.Lists() {
			at := cacheList{name, side}
			got[at] = []string{}
			for _, e := range after[name].List(side) {
				got[at] = append(got[at], e.Value())
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n--set %q\nbecame --set %q (-want +got):\n%s", definition, sets, setWords(args), diff)
		}
		if len(done) == 0 && !slices.Equal(setWords(args), sets) {
			t.Fatalf("--set %q became %q, though there is no gha entry", sets, setWords(args))
		}
		if len(done) > 0 {
			overridden++
		}
		for _, set := range sets {
			if len(done) > 0 && slices.Contains(setWords(args), set) {
				keptOwn++
			}
		}
	})
	if overridden == 0 || keptOwn == 0 {
		t.Errorf("%d definitions had gha entries, and %d overrides of the user stayed beside ours", overridden, keptOwn)
	}
}

func TestOverrideLeavesAloneWhatHasNoGHAEntry(t *testing.T) {
	gha := cacheopts.Entry{Type: "gha", Attrs: map[string]string{}}
	s3 := cacheopts.Entry{Type: "s3", Attrs: map[string]string{"bucket": "b", "secret_access_key": "k"}}
	inline := cacheopts.Entry{Type: "inline", Attrs: map[string]string{}}
	list := func(entries ...cacheopts.Entry) []cacheopts.Entry { return entries }
	tests := []struct {
		name       string
		targets    Targets
		args, want []string
		err        string
	}{
		{name: "a list without a gha entry, whatever it has", targets: Targets{"a": {CacheTo: list(gha)}, "b": {CacheTo: list(s3)}},
			want: []string{"--set", "a.cache-to=type=gha"}},
		{name: "an override of another target", targets: Targets{"a": {CacheTo: list(gha)}, "b": {CacheTo: list(s3)}},
			args: []string{"--set", "b.cache-to=type=s3,bucket=b,secret_access_key=k"},
			want: []string{"--set", "a.cache-to=type=gha", "--set", "b.cache-to=type=s3,bucket=b,secret_access_key=k"}},
		{name: "an override of the other list", targets: Targets{"a": {CacheTo: list(gha), CacheFrom: list(inline)}},
			args: []string{"--set=*.cache-from=type=inline", "a"},
			want: []string{"--set", "a.cache-to=type=gha", "--set=*.cache-from=type=inline", "a"}},
		{name: "an override that would add to ours", targets: Targets{"a": {CacheTo: list(gha)}, "b": {CacheTo: list(inline)}},
			args: []string{"--set", "a.cache-to+=type=gha", "--set", "b.cache-to=type=inline", "--set", "a.tags=x"},
			want: []string{"--set", "a.cache-to=type=gha", "--set", "b.cache-to=type=inline", "--set", "a.tags=x"}},
		{name: "an override of all", targets: Targets{"a": {CacheTo: list(gha)}, "b": {CacheTo: list(inline)}},
			args: []string{"--set", "*.cache-to=type=inline", "--set", "a.cache-to=type=gha"},
			want: []string{"--set", "a.cache-to=type=gha", "--set", "b.cache-to=type=inline"}},
		{name: "an override that a target inherits from one that is not built", targets: Targets{"a": {CacheTo: list(gha, inline)}, "b": {CacheTo: list(inline)}, "c": {CacheTo: list(s3)}},
			args: []string{"--set", "a*.cache-to+=type=inline"},
			want: []string{"--set", "a.cache-to=type=gha", "--set", "a.cache-to=type=inline", "--set", "b.cache-to=type=inline"}},
		{name: "an override that empties what a target may inherit", targets: Targets{"a": {CacheTo: list(gha)}, "b": {}},
			args: []string{"--set", "a*.cache-to=", "--set", "a.cache-to=type=gha"},
			want: []string{"--set", "a.cache-to=type=gha", "--set", "b.cache-to="}},
		{name: "a credential in the file", targets: Targets{"a": {CacheTo: list(gha, s3)}},
			err: `cache-to of target "a": "type=s3,bucket=b,secret_access_key=*****" has a credential, and buildx takes an override in its command line only`},
		{name: "a credential that was typed", targets: Targets{"a": {CacheTo: list(gha, s3)}},
			args: []string{"--set", "a.cache-to=type=gha", "--set", "a.cache-to=type=s3,bucket=b,secret_access_key=k"},
			want: []string{"--set", "a.cache-to=type=gha", "--set", "a.cache-to=type=s3,bucket=b,secret_access_key=k"}},
		{name: "another credential that was typed", targets: Targets{"a": {CacheTo: list(gha, s3)}},
			args: []string{"--set", "a.cache-from=type=s3,bucket=b,secret_access_key=other"},
			err:  `cache-to of target "a": "type=s3,bucket=b,secret_access_key=*****" has a credential, and buildx takes an override in its command line only`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var done []cacheopts.Completed
			for _, req := range tt.targets.Requests(false) {
				done = append(done, cacheopts.Completed{Entry: req.Entry})
			}
			args, err := tt.targets.Override(cacheopts.ScanBake(tt.args), done)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("got error %v, want %q", err, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, cacheopts.Words(args)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
