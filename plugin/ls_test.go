package plugin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestLs(t *testing.T) {
	job, laptop := exampleJob, func(t testing.TB, _ cacheserver.Options) *desk { return exampleLaptop(t) }
	tests := []struct {
		name string
		at   func(testing.TB, cacheserver.Options) *desk
		args []string
	}{
		{"caches", job, nil},
		{"caches-on-a-laptop", laptop, nil},
		{"entries", job, []string{"--entries"}},
		{"entries-on-a-laptop", laptop, []string{"--entries"}},
		{"all", job, []string{"--all"}},
		{"by-size", job, []string{"--sort", "size"}},
		{"entries-by-use", job, []string{"--entries", "--sort", "used", "--ref", "main"}},
		{"table-of-columns", job, []string{"--format", `table {{.Scope}}\t{{.Versions}}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"ls"}, tt.args...)
			leftOnScreens(t, "ls/"+tt.name, func() *desk { return tt.at(t, cacheserver.Options{}) }, narrow, args)
		})
	}
}

func TestLsShortensNothing(t *testing.T) {
	args := []string{"ls", "--no-trunc"}
	pipe := exampleJob(t, cacheserver.Options{})
	if got, want := pipe.run(args...), pipe.run("ls"); got != want {
		t.Errorf("in a pipe, where nothing is shortened: %s", got)
	}
	onWide := exampleJob(t, cacheserver.Options{}).runOn(t.Context(), wide, args)
	left(t, "ls/no-trunc-wide", onWide)
	if onNarrow := exampleJob(t, cacheserver.Options{}).runOn(t.Context(), narrow, args); onNarrow != onWide {
		t.Errorf("on a narrow terminal: %s", onNarrow)
	}
}

func TestLsOtherFormats(t *testing.T) {
	tests := []struct {
		name string
		args []string
	}{
		{"json", []string{"--format", "json"}},
		{"json-entries", []string{"--all", "--format", "json"}},
		{"template", []string{"--format", "{{.Scope}}\t{{.Ref}}\t{{.LastUsed}}"}},
		{"template-of-json", []string{"--format", "{{json .}}", "--scope", "web"}},
		{"quiet", []string{"-q"}},
		{"quiet-entries", []string{"--entries", "-q"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"ls"}, tt.args...)
			pipe := exampleJob(t, cacheserver.Options{}).run(args...)
			left(t, "ls/"+tt.name, pipe)
			// What a program reads is the same on a terminal.
			if term := exampleJob(t, cacheserver.Options{}).runOn(t.Context(), narrow, args); strings.ReplaceAll(term.stdout, "        ", "\t") != strings.ReplaceAll(pipe.stdout, "        ", "\t") {
				t.Errorf("on a terminal\n%s", term.stdout)
			}
		})
	}
	left(t, "ls/json-on-a-laptop", exampleLaptop(t).run("ls", "--format", "json"))
}

func TestLsSelects(t *testing.T) {
	all := exampleJob(t, cacheserver.Options{})
	tests := []struct {
		args string
		want string // scopes and refs, or ids
	}{
		{"--scope web", "web@refs/heads/main"},
		{"--scope a* --ref main", "app@refs/heads/main"},
		{"--ref 12", "app@refs/pull/12/merge"},
		{"--ref #9", "app@refs/pull/9/merge"},
		{"--ref go* --ref 12", "app@refs/heads/gone app@refs/pull/12/merge"},
		{"--ref refs/pull/*", "app@refs/pull/12/merge app@refs/pull/9/merge"},
		{"--filter scope=web", "web@refs/heads/main"},
		{"--filter ref=12", "app@refs/pull/12/merge"},
		{"--ref * --scope app", "app@refs/heads/gone app@refs/heads/main app@refs/pull/12/merge app@refs/pull/9/merge"},
		{"--filter state=closed", "app@refs/heads/gone app@refs/pull/9/merge"},
		{"--filter state=unreferenced", ""},
		{"--filter state=incomplete --scope app", ""},
		{"--filter until=168h", "web@refs/heads/main"},
		{"--filter until=2026-03-05T06:00:00Z --scope app", "app@refs/pull/9/merge"},
		{"--filter larger=4.5MB", "web@refs/heads/main"},
		{"--sort created --filter larger=4.2MB", "app@refs/pull/12/merge web@refs/heads/main"},
		{"--filter kind=index --scope web", "8"},
		{"--filter key=index-app-1-f921", "4 6 14"},
		{"--filter key=index-web --filter key=setup-go --all", "5 8"},
		{"--filter kind=other", "5"},
		{"--entries --filter larger=1MB --sort size", "1 13"},
		{"--entries --scope web --filter kind=layer", "1 13 7"},
		{"--sort size --limit 2", "web@refs/heads/main app@refs/pull/12/merge"},
		{"--sort size --asc --limit 1 --ref main", "app@refs/heads/main"},
		{"--sort created --asc --scope app --limit 1", "app@refs/pull/9/merge"},
		{"--entries --sort used --asc --limit 2", "1 2"},
		{"--entries --filter state=superseded", "2 3 18 4"},
		{"--all --filter larger=1MB --sort size", "5 1 13"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			args := append([]string{"ls", "--format", "{{.Scope}}@{{.Ref}}"}, strings.Fields(tt.args)...)
			if !strings.Contains(tt.want, "@") && tt.want != "" {
				args[2] = "{{.ID}}"
			}
			got := all.run(args...)
			if words := strings.Join(strings.Fields(got.stdout), " "); words != tt.want || got.code != 0 {
				t.Errorf("got %q, want %q\n%s", words, tt.want, got.stderr)
			}
		})
	}
}

func TestLsRefusesWhatItCannotRead(t *testing.T) {
	d := exampleLaptop(t)
	for args, want := range map[string]string{
		"--filter nope=1":                     `error: unknown filter "nope"`,
		"--filter kind=blob":                  "error: reading filter kind=blob: want one of index, layer, signature, mount, other",
		"--filter state=dead":                 "error: reading filter state=dead: want one of live, superseded, unreferenced, closed, unknown, incomplete",
		"--filter until=soon":                 `error: reading filter until=soon: "soon" is neither a duration (168h) nor a date (2006-01-02)`,
		"--filter until=-1h":                  `error: reading filter until=-1h: "-1h" is neither`,
		"--filter until=1h --filter until=2h": "the filter is given twice",
		"--filter larger=big":                 "error: reading filter larger=big",
		"--scope [":                           `error: reading pattern "["`,
		"--sort name":                         `error: unknown order "name"`,
		"--limit -1":                          "error: --limit -1 is negative",
		"--format {{":                         "error: reading --format: ",
		"stray":                               `error: unexpected argument "stray"`,
	} {
		if got := d.run(append([]string{"ls"}, strings.Fields(args)...)...); got.code != usageError || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: %+v, want %s", args, got, want)
		}
	}
}

func TestLsNamesTheNearest(t *testing.T) {
	d := exampleLaptop(t)
	for args, want := range map[string]string{
		"ls --scope wbe":             "warning: --scope wbe matches nothing\nhint: --scope web\n",
		"ls --entries --scope wbe":   "warning: --scope wbe matches nothing\nhint: --scope web\n",
		"ls --ref mian":              "warning: --ref mian matches nothing\nhint: --ref main\n",
		"ls -q --filter scope=wbe":   "warning: --scope wbe matches nothing\nhint: --scope web\n",
		"ls --scope something-else":  "warning: --scope something-else matches nothing\n",
		"inspect wbe":                "error: there is no cache of scope \"wbe\"\nhint: docker ghacache inspect web\nhint: docker ghacache ls\n",
		"ls --sort size --limit 4":   "info: not shown: 2 rows\nhint: docker ghacache ls --limit 0\n",
		"ls --scope app --limit 100": "",
	} {
		if got := d.run(strings.Fields(args)...); !strings.HasPrefix(got.stderr, want) || want == "" && strings.Contains(got.stderr, "nothing") {
			t.Errorf("%s: %s", args, got.stderr)
		}
	}
}

func TestLsKnowsTheFieldsOfATemplate(t *testing.T) {
	const (
		caches  = "in --format; the fields are: Scope, Ref, Layers, Size, Unique, Reclaimable, Created, LastUsed, State, Likely, Versions\n"
		entries = "in --format; the fields are: ID, Kind, Digest, Scope, Ref, Size, Created, LastUsed, State, Key\n"
	)
	d, empty := exampleLaptop(t), serve(t, cacheserver.Options{}, nil)
	for _, tt := range []struct {
		format string
		args   []string
		want   string // empty: nothing is wrong
	}{
		{"{{.Foo}}", nil, `error: unknown field "Foo" ` + caches + "hint: --format '{{.Scope}} {{.Ref}}'\n"},
		{"table {{.Foo}}", nil, `error: unknown field "Foo" ` + caches},
		{"{{.ID}}", nil, `error: unknown field "ID" ` + caches},
		{"{{.Layers}}", []string{"--entries"}, `error: unknown field "Layers" ` + entries + "hint: --format '{{.ID}} {{.Kind}}'\n"},
		{"{{.Layers}}", []string{"--all"}, `error: unknown field "Layers" ` + entries},
		{"{{if eq .State .Foo}}x{{end}}", nil, `error: unknown field "Foo" ` + caches},
		{"{{if .Scope}}x{{else}}{{.Foo}}{{end}}", nil, `error: unknown field "Foo" ` + caches},
		{"{{with .Scope}}{{$.Foo}}{{end}}", nil, `error: unknown field "Foo" ` + caches},
		{"{{.Scope.Foo}}", nil, `error: unknown field "Foo" ` + caches},
		{"{{(.Scope).Foo}}", nil, `error: unknown field "Foo" ` + caches},
		{"{{.MarshalJSON}}", nil, `error: unknown field "MarshalJSON" ` + caches},
		{"yaml", nil, `error: unknown format "yaml"` + "\nhint: --format table, --format json or --format '{{.Scope}}'\n"},
		{"table yaml", nil, `error: unknown format "table yaml"`},
		{"{{.Scope | upper}} {{len .Ref}}{{json .}}", nil, ""},
		{`{{$s := .Scope}}{{$s}}`, nil, ""},
		{"{{with .Scope}}{{.}}@{{$.Ref}}{{else}}{{.}}{{end}}", nil, ""},
	} {
		for _, at := range []*desk{d, empty} {
			got := at.run(append([]string{"ls", "--format", tt.format}, tt.args...)...)
			if bad := got.code == usageError; bad != (tt.want != "") || !strings.Contains(got.stderr, tt.want) {
				t.Errorf("%s: %+v, want %s", tt.format, got, tt.want)
			}
		}
	}
	// Only a row tells what a function makes of it.
	if got := d.run("ls", "--format", "{{index .Scope 1000}}"); got.code != usageError || !strings.Contains(got.stderr, "error: reading --format: ") {
		t.Errorf("a template that fails: %+v", got)
	}
}

func TestLsFaults(t *testing.T) {
	const listing = "GET /repos/octo/app/actions/caches"
	tests := []struct {
		name, fault string
		code        int
		stderr      string
	}{
		{"a permission is missing", listing + ":403", 1, "hint: in a workflow: permissions: {actions: read}"},
		{"no such repository", listing + ":404", 1, "error: listing caches of service/octo/app: GET http://service/api/v3/repos/octo/app/actions/caches"},
		{"the token is not valid", listing + ":401", 1, "hint: gh auth login"},
		{"a service that fails in passing", listing + ":503:2", 0, ""},
		{"a connection that is cut", listing + ":cut:1", 0, ""},
		{"a reply that is cut", listing + ":cut=100:1", 0, ""},
		{"indexes cannot be read", "POST /twirp/*:403", 0, "warning: 6 of 6 indexes could not be read; one of the errors: "},
		{"workflow runs are not known", "GET /repos/octo/app/actions/runs:403", 0, "warning: workflow runs are unknown, so layers on open refs are at most likely unneeded: "},
		{"refs are not known", "GET /repos/octo/app:403", 0, "warning: not all refs are known: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := exampleJob(t, cacheserver.Options{Faults: servertest.Faults(t, tt.fault)})
			d.begun = time.Now()
			got := d.run("ls")
			if got.code != tt.code || (got.stdout == "") != (tt.code != 0) {
				t.Errorf("%+v", got)
			}
			wantText(t, got.stderr, tt.stderr)
		})
	}
}

// Pages are numbered by position, so those behind a deletion move.
func TestLsOfAListingThatShifts(t *testing.T) {
	var entries []servertest.Entry
	for i := range 450 {
		digest, content := servertest.Blob(strconv.Itoa(i), 1)
		entries = append(entries, servertest.Entry{Ref: servertest.Main, Key: bkcache.LayerKey(digest.String()).String(), Age: time.Duration(1000-i) * time.Minute, Content: content})
	}
	d := serve(t, cacheserver.Options{}, entries)
	rest := d.vars["GITHUB_TOKEN"]
	var deleted atomic.Int64
	d.before = func(r *http.Request) {
		if r.URL.Query().Get("page") != "3" || deleted.Load() > 0 {
			return
		}
		deleted.Add(1)
		req, err := http.NewRequest(http.MethodDelete, d.url+"/repos/octo/app/actions/caches/1", nil)
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+rest)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
	}
	ids := strings.Fields(d.run("ls", "--entries", "-q").stdout)
	if slices.Sort(ids); len(slices.Compact(ids)) < 449 || deleted.Load() == 0 {
		t.Errorf("%d entries are listed", len(ids))
	}
}

func TestCompletion(t *testing.T) {
	d := exampleLaptop(t)
	for args, want := range map[string]string{
		"ls --scope ":        "app web :4",
		"prune --ref ":       "12 9 feature/a-branch-with-a-name-that-is-longer-than-a-column gone main :4",
		"inspect ":           "app web :4",
		"inspect web --ref ": "12 9 feature/a-branch-with-a-name-that-is-longer-than-a-column gone main :4",
	} {
		words := append([]string{"__complete"}, strings.Split(args, " ")...)
		got := strings.Fields(d.run(words...).stdout)
		last := len(got) - 1
		slices.Sort(got[:last])
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %q, want %q", args, text, want)
		}
	}
	d = serve(t, cacheserver.Options{Faults: servertest.Faults(t, "GET *:403")}, nil)
	if got := d.run("__complete", "ls", "--scope", ""); got.stdout != ":4\n" {
		t.Errorf("where the cache cannot be listed: %+v", got)
	}
}
