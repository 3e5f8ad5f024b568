package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// hostileScopes are what somebody may call a scope who may write to the cache.
func hostileScopes() []string {
	return []string{
		"\x1b]0;title\a\x1b[2Jerased",
		"\u009b31mred\u202edesrever\u2066isolated",
		"::set-output name=v::evil",
		" \t\u3000::add-mask::evil",
		"x::set-output name=cut::evil",
		"line\n::stop-commands::evil",
		"line\r::error::evil",
		"text ##[error]evil",
		"[link](https://evil.example) ![image](https://evil.example/i.png)",
		"<img src=//evil.example> @octocat www.evil.example | `code` **bold** \\|",
		"$(touch evil);'",
		"bytes \xff\xc0",
		"缓存🚀",
	}
}

const hostileRef = "refs/heads/\u202eevil\x1b[2J##[error]evil"

// hostileDesk has a cache whose entries were saved by a client of the service.
func hostileDesk(t testing.TB, opts cacheserver.Options) *desk {
	t.Helper()
	d := serve(t, opts, nil)
	for _, ref := range []string{servertest.Main, hostileRef} {
		d.enter(ref)
		runtime, err := runtimeclient.NewReader(d.url, 2, d.vars["ACTIONS_RUNTIME_TOKEN"], userAgent)
		check(t, err)
		uploader := runtimeclient.NewUploader(runtime, noon)
		save := func(key string, content []byte) {
			check(t, uploader.Upload(t.Context(), key, bytes.NewReader(content), int64(len(content))))
		}
		save("::notice::\x1b[2Jof another tool ##[error]evil", []byte("x"))
		for _, scope := range hostileScopes() {
			index := servertest.Index(scope, ref, 1, 0, "base", "app").Content
			var config map[string]any
			check(t, json.Unmarshal(index, &config))
			for _, record := range config["records"].([]any) {
				record.(map[string]any)["digest"] = "::set-output name=r::\x1b[2J\u009b##[error]"
			}
			content, err := json.Marshal(config)
			check(t, err)
			save(bkcache.IndexKey(scope, ref, false, 1).String(), content)
		}
	}
	d.enter(servertest.Main, hostileRef)
	return d
}

var (
	// ours are the sequences that this program writes itself: colours of its own words, and the bar.
	ours       = regexp.MustCompile(`\x1b\[(?:1|3[0-9])m((?:error|warning|info):|[^\x1b]*)\x1b\[0?m|\r\x1b\[K`)
	annotation = regexp.MustCompile(`(?m)^::(?:error|warning|notice)(?: file=[^\n]*?)?::`)
)

// obeyed is what a terminal or a runner would obey in an output, empty for nothing.
func obeyed(out string) string {
	out = annotation.ReplaceAllString(ours.ReplaceAllString(out, "$1"), "")
	for i, r := range out {
		bidi := r == 0x61c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
		if unicode.IsControl(r) && r != '\n' && r != '\t' || bidi {
			return fmt.Sprintf("%U in %q", r, out[max(0, i-40):min(len(out), i+40)])
		}
	}
	for line := range strings.SplitSeq(out, "\n") {
		if strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::") || strings.Contains(line, "##[") {
			return fmt.Sprintf("the command %q", line)
		}
	}
	return ""
}

func TestNoCommandPrintsWhatATerminalOrARunnerObeys(t *testing.T) {
	tree, log, hooks := hostileTree(t), hostileLog(t), inConfig(t, `{"features": {"hooks": "true"}}`)
	check(t, os.WriteFile(hooks, []byte(`{"plugins": {"ghacache": {"error-hooks": "build\u001b[2J\n::error::evil"}}}`), 0o600))
	faulty := cacheserver.Options{Faults: servertest.Faults(t, "DELETE *:403")}
	commands := []struct {
		args string // separated by NUL
		opts cacheserver.Options
	}{
		{args: "ls"},
		{args: "ls\x00--no-trunc"},
		{args: "ls\x00--quiet"},
		{args: "ls\x00--entries"},
		{args: "ls\x00--all"},
		{args: "ls\x00--all\x00--quiet"},
		{args: "ls\x00--format\x00{{.Scope}}"},
		{args: "ls\x00--format\x00{{.Scope}}\t{{.Ref}}"},
		{args: "ls\x00--format\x00{{if .Scope}}{{slice .Scope 1}}{{end}}"},
		{args: "ls\x00--format\x00:{{.Scope}}\n\n#{{.Scope}}"},
		{args: "ls\x00--format\x00table {{.Ref}}\t{{.Scope}}"},
		{args: "ls\x00--format\x00table {{slice .Scope 1}}"},
		{args: "ls\x00--format\x00{{json .}}"},
		{args: "ls\x00--format\x00json"},
		{args: "ls\x00--all\x00--format\x00{{.Key}}"},
		{args: "ls\x00--all\x00--format\x00json"},
		{args: "ls\x00--scope\x00[\x1b[2J\n::error::evil"},
		{args: "ls\x00--filter\x00::x\x1b[2J\n::error::evil=1"},
		{args: "ls\x00--repo\x00a/b\x1b[2J\n::error::evil"},
		{args: "no\x1b[2J\n::error::evil"},
		{args: "du"},
		{args: "du\x00--format\x00json"},
		{args: "prune\x00--all\x00--include-other\x00--grace=0s\x00--dry-run"},
		{args: "prune\x00--all\x00--include-other\x00--grace=0s\x00--dry-run\x00--format\x00json"},
		{args: "prune\x00--all\x00--include-other\x00--grace=0s\x00--force", opts: faulty},
		{args: "prune\x00--all\x00--include-other\x00--grace=0s\x00--force\x00--format\x00json", opts: faulty},
		{args: "inspect\x00no such\x1b[2J\n::error::evil"},
		{args: "doctor"},
		{args: "doctor\x00--format\x00json"},
		{args: "explain\x00" + log},
		{args: "explain\x00--format\x00json\x00" + log},
		{args: "explain\x00/no\x1b[2J\n::error::evil"},
		{args: "hooks\x00status"},
		{args: "migrate-v2\x00--offline\x00" + tree},
		{args: "migrate-v2\x00--offline\x00--check\x00" + tree},
		{args: "migrate-v2\x00--offline\x00--format\x00json\x00" + tree},
		{args: "migrate-v2\x00--offline\x00--format\x00sarif\x00" + tree},
		{args: "migrate-v2\x00--offline\x00--format\x00github\x00" + tree},
		{args: "__complete\x00inspect\x00"},
		{args: "__complete\x00ls\x00--scope\x00"},
		{args: "__complete\x00prune\x00--ref\x00"},
		{args: "serve\x00--env-file\x00/no\x1b[2J\n::error::evil/file"},
	}
	for _, scope := range hostileScopes() {
		scope = strings.ToValidUTF8(scope, "\ufffd")
		for _, format := range []string{"", "json"} {
			commands = append(commands, struct {
				args string
				opts cacheserver.Options
			}{args: "inspect\x00--format=" + format + "\x00--\x00" + scope})
		}
	}
	desks := map[bool]*desk{false: hostileDesk(t, cacheserver.Options{}), true: hostileDesk(t, faulty)}
	for _, c := range commands {
		args := strings.Split(c.args, "\x00")
		d := desks[c.opts.Faults != nil]
		for screen, run := range map[string]func() outcome{
			"pipe": func() outcome { return d.run(args...) },
			"job": func() outcome {
				d.vars["GITHUB_ACTIONS"] = "true"
				defer delete(d.vars, "GITHUB_ACTIONS")
				return d.run(args...)
			},
			"wide":   func() outcome { return d.runOn(t.Context(), wide, args) },
			"narrow": func() outcome { return d.runOn(t.Context(), 40, args) },
		} {
			t.Run(fmt.Sprintf("%s of %q", screen, args), func(t *testing.T) {
				got := run()
				if got.stdout+got.stderr == "" {
					t.Error("it prints nothing")
				}
				exact := screen == "pipe" && args[0] == "migrate-v2" && !slices.Contains(args, "--check") && !slices.Contains(args, "--format")
				for _, out := range []string{got.stdout, got.stderr} {
					if found := obeyed(out); found != "" && !exact { // in a pipe a diff is for git apply
						t.Errorf("%s\n%s", found, got)
					}
				}
			})
		}
	}
}

// hostileTree has a file to migrate, with a name and a content that somebody chose.
func hostileTree(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "evil\x1b[2J\n::error::evil")
	check(t, os.MkdirAll(filepath.Join(dir, ".github/workflows"), 0o700))
	text := "on: push\njobs:\n  b:\n    runs-on: x\n    steps:\n      - run: |\n          ::set-output name=v::evil\n          echo '##[error]evil \x1b[2J'\n" +
		"      - uses: docker/setup-buildx-action@v3\n        with: {version: v0.12.0, driver-opts: \"image=moby/buildkit:v0.12.0\"}\n      # \u202eevil\x1b[2J ##[error]\n"
	check(t, os.WriteFile(filepath.Join(dir, ".github/workflows/a ##[error].yml"), []byte(text), 0o600))
	check(t, os.WriteFile(filepath.Join(dir, "build\u202e.sh"), []byte("docker buildx create --driver-opt 'image=moby/buildkit:v0.12.0##[error]\x1b[2J\u202e'\n"), 0o600))
	return dir
}

func hostileLog(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log")
	check(t, os.WriteFile(file, []byte("#5 ERROR: failed to configure gha cache exporter: invalid ##[error]\u009b2J\u202e token\n"+
		"ERROR: failed to solve: error writing layer blob: dial tcp ##[error]evil:443: connect: connection refused \u202e\x1b[2J\n"), 0o600))
	return file
}

func TestJSONKeepsExactBytes(t *testing.T) {
	d := hostileDesk(t, cacheserver.Options{})
	for _, format := range []string{"json", "{{json .}}"} {
		var scopes []string
		for line := range strings.Lines(d.run("ls", "--format", format).stdout) {
			var row struct{ Scope, Ref string }
			check(t, json.Unmarshal([]byte(line), &row))
			scopes = append(scopes, row.Scope)
			if row.Ref != servertest.Main && row.Ref != hostileRef {
				t.Errorf("the ref became %q", row.Ref)
			}
		}
		for _, scope := range hostileScopes() {
			if scope = strings.ToValidUTF8(scope, "\ufffd"); !slices.ContainsFunc(scopes, func(s string) bool { return s == scope || strings.ReplaceAll(s, "\ufffd\ufffd", "\ufffd") == scope }) {
				t.Errorf("--format %s does not have %q", format, scope)
			}
		}
	}
}

func TestCompletionOffersOnlyWhatCanBeTyped(t *testing.T) {
	got := hostileDesk(t, cacheserver.Options{}).run("__complete", "inspect", "").stdout
	wantText(t, got, "缓存🚀\n", "x::set-output name=cut::evil\n")
	if strings.Contains(got, "erased") || strings.Contains(got, "add-mask") || strings.Contains(got, "isolated") {
		t.Errorf("offered %q", got)
	}
}

func TestDoctorQuotesTheScopeOfItsFix(t *testing.T) {
	scope := "$(touch evil);"
	d := serve(t, cacheserver.Options{}, []servertest.Entry{servertest.Index(scope, servertest.Main, 1, 0, "base")}, servertest.Main)
	wantText(t, d.run("doctor").stdout, "docker ghacache inspect '"+scope+"'\n")
}

func TestCopyPrintsHarmlessly(t *testing.T) {
	d := hostileDesk(t, cacheserver.Options{})
	args, _ := copyTo(t, d)
	for _, got := range []outcome{d.run(args...), d.run(append(args, "--format", "json")...), d.runOn(t.Context(), wide, args)} {
		wantText(t, got.stdout, "evil")
		if found := obeyed(got.stdout + got.stderr); found != "" {
			t.Errorf("%s\n%s", found, got)
		}
	}
}

func TestDamageIsPrintedHarmlessly(t *testing.T) {
	d := serve(t, cacheserver.Options{}, nil)
	dir := servertest.Dir(t)
	servertest.Fill(t, dir, servertest.Layer(servertest.Main, "base", 0))
	check(t, os.WriteFile(filepath.Join(dir, "blobs", "::error::\u202eevil\x1b[2J\n##[error]evil"), nil, 0o600))
	for _, verb := range []string{"--check", "--repair"} {
		got := d.run("serve", verb, "--dir", dir)
		wantText(t, got.stdout, "evil")
		if found := obeyed(got.stdout + got.stderr); found != "" {
			t.Errorf("%s\n%s", found, got)
		}
	}
}

func TestSummariesHaveNoLinksImagesOrMentions(t *testing.T) {
	d := hostileDesk(t, cacheserver.Options{})
	file := filepath.Join(t.TempDir(), "summary.md")
	d.vars["GITHUB_STEP_SUMMARY"] = file
	for _, verb := range []string{"du", "doctor"} {
		d.run(verb, "--summary")
	}
	data, err := os.ReadFile(file)
	check(t, err)
	wantText(t, string(data), "evil", "### Build cache: checks")
	for _, markup := range []string{"](", "![", "<img", "@octocat", "www.evil", "https://evil", "`", "**", "\x1b", "\u202e", "\\|"} {
		if strings.Contains(string(data), markup) {
			t.Errorf("%q is in the summary\n%s", markup, data)
		}
	}
	for line := range strings.Lines(string(data)) {
		if cells := strings.Count(line, "|"); strings.HasPrefix(line, "|") && (cells < 4 || cells > 6) {
			t.Errorf("the row has %d cells: %s", cells-1, line)
		}
	}
}
