package main

import (
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/docker-ghacache/docker-ghacache/"

// mayImport says which packages of the module each one may import. A package
// without a row goes by the row of the one that it is in, and may be imported there.
var mayImport = map[string][]string{
	"cmd/docker-ghacache": {"plugin"},
	"plugin": {
		"cacheopts", "internal/actions", "internal/bkcache", "internal/builders", "internal/buildrun", "internal/cacheclient", "internal/cachecopy", "internal/cacheserver",
		"internal/diagnose", "internal/doctor", "internal/github", "internal/gitrepo", "internal/hint", "internal/hooks", "internal/listing", "internal/localcache", "internal/migrate", "internal/migrate/report", "internal/migrate/rules", "internal/migrate/toolchain",
		"internal/mounts", "internal/mounts/archive", "internal/process", "internal/pruning", "internal/reclaim", "internal/relay", "internal/release", "internal/runtimeclient", "internal/secret", "internal/serving", "internal/ui", "internal/view",
	},
	"internal/actions":     {"cacheopts", "internal/github", "internal/release"},
	"internal/builders":    {"cacheopts", "internal/hint", "internal/process", "internal/release"},
	"internal/buildrun":    {"cacheopts", "internal/actions", "internal/bkcache", "internal/builders", "internal/buildrun/cachelists", "internal/buildrun/cleaning", "internal/buildrun/mounting", "internal/buildrun/relaying", "internal/cacheclient", "internal/diagnose", "internal/github", "internal/hint", "internal/listing", "internal/process", "internal/reclaim", "internal/ui", "internal/view"},
	"internal/cacheclient": {"internal/bkcache", "internal/github", "internal/hint", "internal/httpclient", "internal/lazyregexp"},
	"internal/cachecopy":   {"cacheopts", "internal/bkcache", "internal/runtimeclient"},
	"internal/diagnose":    {"cacheopts", "internal/bkcache", "internal/hint", "internal/lazyregexp", "internal/release"},
	"internal/doctor":      {"cacheopts", "internal/actions", "internal/bkcache", "internal/builders", "internal/cacheclient", "internal/diagnose", "internal/hint", "internal/listing", "internal/reclaim", "internal/release", "internal/runtimeclient", "internal/ui"},
	"internal/hooks":       {"cacheopts", "internal/actions", "internal/builders", "internal/diagnose", "internal/dockerconfig"},
	"internal/listing":     {"cacheopts", "internal/actions", "internal/bkcache", "internal/cacheclient", "internal/github", "internal/hint", "internal/reclaim", "internal/runtimeclient", "internal/ui"},
	"internal/localcache":  {"internal/atomicfile", "internal/bkcache", "internal/hint", "internal/reclaim"},
	"internal/migrate":     {"internal/github", "internal/migrate/rules", "internal/migrate/scan", "internal/migrate/source", "internal/migrate/tags"},

	"internal/buildrun/cachelists": {"cacheopts", "internal/hint"},
	"internal/buildrun/cleaning":   {"cacheopts", "internal/bkcache", "internal/hint", "internal/listing", "internal/localcache", "internal/reclaim", "internal/ui"},
	"internal/buildrun/mounting":   {"internal/actions", "internal/builders", "internal/hint", "internal/mounts", "internal/process", "internal/ui", "internal/view"},
	"internal/buildrun/relaying":   {"cacheopts", "internal/builders", "internal/hint", "internal/process", "internal/relay"},

	"internal/migrate/report": {"internal/lazyregexp", "internal/migrate", "internal/migrate/rules", "internal/migrate/toolchain", "internal/ui"},
	"internal/migrate/rules":  {"cacheopts", "internal/lazyregexp", "internal/migrate/scan", "internal/migrate/source", "internal/migrate/tags", "internal/release"},
	"internal/migrate/scan":   {"internal/lazyregexp", "internal/migrate/source"},
	"internal/migrate/source": {"cacheopts", "internal/atomicfile", "internal/lazyregexp"},
	"internal/migrate/tags":   {"internal/lazyregexp"},

	"internal/migrate/toolchain": {"internal/builders", "internal/migrate/rules", "internal/release"},

	"internal/cacheserver/servertest": {"internal/bkcache", "internal/cacheserver"},

	"internal/secret":  {"internal/actions", "internal/hint"},
	"internal/serving": {"internal/cacheserver", "internal/github", "internal/hint", "internal/process", "internal/relay", "internal/secret", "internal/ui", "internal/view"},

	"internal/pruning": {"internal/bkcache", "internal/github", "internal/hint", "internal/listing", "internal/localcache", "internal/reclaim", "internal/ui", "internal/view"},
	"internal/reclaim": {"cacheopts", "internal/bkcache", "internal/github"},
	"internal/relay":   {"internal/bkcache", "internal/cacheserver", "internal/hint", "internal/runtimeclient"},
	"internal/mounts":  {"internal/actions", "internal/bkcache", "internal/builders", "internal/hint", "internal/lazyregexp", "internal/mounts/archive", "internal/mounts/wire", "internal/runtimeclient"},

	"internal/mounts/archive": {"internal/mounts/wire"},
	"internal/mounts/helper":  {"internal/mounts/archive"},
	"internal/mounts/wire":    nil,

	"internal/atomicfile":    {"internal/hint"},
	"internal/bkcache":       nil,
	"internal/cacheserver":   {"internal/github", "internal/lazyregexp"},
	"internal/release":       nil,
	"internal/dockerconfig":  {"internal/atomicfile"},
	"internal/github":        nil,
	"internal/gitrepo":       {"internal/lazyregexp", "internal/process"},
	"internal/hint":          nil,
	"internal/httpclient":    {"internal/lazyregexp"},
	"internal/lazyregexp":    nil,
	"internal/process":       nil,
	"internal/runtimeclient": {"internal/bkcache", "internal/hint", "internal/httpclient"},
	"internal/ui":            {"internal/github", "internal/hint", "internal/lazyregexp"},
	"internal/view":          {"internal/bkcache", "internal/cacheclient", "internal/cachecopy", "internal/hint", "internal/listing", "internal/mounts", "internal/reclaim", "internal/relay", "internal/ui"},
	"cacheopts":              nil,
}

// onlyIn says where a door to the world is.
var onlyIn = map[string][]string{
	"os/exec":                  {"internal/process"},
	"net/http":                 {"internal/cacheclient", "internal/cacheserver", "internal/cacheserver/servertest", "internal/httpclient", "internal/relay", "internal/runtimeclient"},
	"os/signal":                {"cmd/docker-ghacache", "internal/process"},
	"github.com/spf13/cobra":   {"plugin", "internal/builders"}, // docker/cli wants one to look for plugins
	"github.com/docker/buildx": {"internal/builders"},
}

// tooHeavy are packages that would make the program start half as fast again,
// and it starts for each word that a shell completes.
var tooHeavy = []string{
	"github.com/docker/buildx/bake", "github.com/docker/buildx/build", "github.com/docker/buildx/commands",
	"github.com/docker/buildx/policy", // a policy engine and a signature store; util/buildflags needs it
}

func TestTheProgramStartsFast(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"cmd/docker-ghacache").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, heavy := range tooHeavy {
		if slices.Contains(deps, heavy) {
			t.Errorf("the program links %s", heavy)
		}
	}
	if !slices.Contains(deps, "github.com/docker/buildx/builder") {
		t.Error("go list does not name what is linked")
	}
}

func TestImportsRunDownwards(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"cmd/...", module+"plugin/...", module+"cacheopts/...", module+"internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(strings.ReplaceAll(line, module, ""))
		name := owner(words[0])
		if name == "" {
			continue
		}
		seen++
		for _, imported := range words[1:] {
			if to := owner(imported); to != "" && to != name && !slices.Contains(mayImport[name], to) {
				t.Errorf("%s imports %s", words[0], imported)
			}
			for door, rooms := range onlyIn {
				if (imported == door || strings.HasPrefix(imported, door+"/")) && !slices.Contains(rooms, name) {
					t.Errorf("%s imports %s, which only %s may", words[0], imported, strings.Join(rooms, " and "))
				}
			}
		}
	}
	if seen < len(mayImport) {
		t.Errorf("go list named %d packages of %d", seen, len(mayImport))
	}
}

// TestWhoImportsCacheoptsGetsLittleElse holds what docs/adr/0004 promises. The modules
// that a package's tests need are downloaded for its importers, too.
func TestWhoImportsCacheoptsGetsLittleElse(t *testing.T) {
	mayNeed := map[string][]string{
		"imports": {"github.com/tonistiigi/go-csvvalue"},
		"tests":   {"github.com/tonistiigi/go-csvvalue", "github.com/google/go-cmp", "github.com/spf13/pflag", "pgregory.net/rapid"},
	}
	format := `imports {{join .Imports " "}}
tests {{join .TestImports " "}} {{join .XTestImports " "}}`
	out, err := exec.Command("go", "list", "-f", format, module+"cacheopts").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			t.Fatalf("go list says nothing about the %s", words[0])
		}
		for _, imported := range words[1:] {
			host, _, _ := strings.Cut(imported, "/")
			allowed := slices.ContainsFunc(mayNeed[words[0]], func(m string) bool { return imported == m || strings.HasPrefix(imported, m+"/") })
			if strings.Contains(host, ".") && imported+"/" != module+"cacheopts/" && !allowed {
				t.Errorf("the %s of cacheopts need %s", words[0], imported)
			}
		}
	}
}

// owner is the package with rules that a path belongs to: the innermost one.
func owner(pkg string) string {
	for name := pkg; name != "."; name = path.Dir(name) {
		if _, ok := mayImport[name]; ok {
			return name
		}
	}
	return ""
}
