package plugin

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"

	"github.com/google/go-cmp/cmp"
)

const attributesPage = "../docs/attributes.md"

// attributeRow has the name, the sides and the default of an attribute.
var attributeRow = regexp.MustCompile("(?m)^\\| `([\\w-]+)` \\| (to|to, from) \\|(.*?)\\| .+ \\| .+ \\|$")

// A reader of the page finds each attribute that the program knows, on the sides and with the default that it knows, and no other.
func TestThePageOfAttributesHasThemAll(t *testing.T) {
	page, err := os.ReadFile(attributesPage)
	check(t, err)
	var got, want []string
	for _, m := range attributeRow.FindAllStringSubmatch(string(page), -1) {
		got = append(got, strings.Join([]string{m[1], m[2], strings.TrimSpace(m[3])}, " | "))
	}
	for _, attr := range cacheopts.Attributes() {
		sides := "to"
		if attr.On(cacheopts.From) {
			sides = "to, from"
		}
		value := attr.Default
		if value != "" && !strings.Contains(value, " ") {
			value = "`" + value + "`"
		}
		want = append(want, strings.Join([]string{attr.Name, sides, value}, " | "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table differs from what the program knows (-program +page):\n%s", diff)
	}
}

// services are jobs as the runners of these services begin them.
var services = []struct {
	name string
	env  map[string]string
}{
	{"github.com", map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "ACTIONS_RESULTS_URL": "https://results-receiver.actions.githubusercontent.com/", "ACTIONS_CACHE_URL": "https://artifactcache.actions.githubusercontent.com/x/"}},
	{"ghe.com", map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://octo.ghe.com", "ACTIONS_RESULTS_URL": "https://results.octo.ghe.com/", "ACTIONS_CACHE_URL": "https://cache.octo.ghe.com/"}},
	{"GitHub Enterprise Server", map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://ghes.example.com", "ACTIONS_RESULTS_URL": "https://ghes.example.com/results/", "ACTIONS_CACHE_URL": "https://ghes.example.com/cache/"}},
	{"Gitea", map[string]string{"GITEA_ACTIONS": "true", "GITHUB_SERVER_URL": "https://gitea.example.com", "ACTIONS_RESULTS_URL": "https://gitea.example.com/", "ACTIONS_CACHE_URL": "http://10.0.0.5:3000/"}},
	{"Forgejo", map[string]string{"FORGEJO_ACTIONS": "true", "GITHUB_SERVER_URL": "https://forgejo.example.com", "ACTIONS_RESULTS_URL": "https://forgejo.example.com/", "ACTIONS_CACHE_URL": "http://10.0.0.5:3000/"}},
	{"act", map[string]string{"GITHUB_ACTIONS": "true", "ACT": "true", "GITHUB_SERVER_URL": "https://github.com", "ACTIONS_RESULTS_URL": "http://10.0.0.5:4000/", "ACTIONS_CACHE_URL": "http://10.0.0.5:4001/"}},
	{"another server, with `ACTIONS_CACHE_SERVICE_V2=true`, and `serve`", map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "ACTIONS_CACHE_SERVICE_V2": "true", "ACTIONS_RESULTS_URL": "http://10.0.0.5:3000/", "ACTIONS_CACHE_URL": "http://10.0.0.5:3000/"}},
	{"another server, without that", map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "ACTIONS_RESULTS_URL": "http://10.0.0.5:3000/", "ACTIONS_CACHE_URL": "http://10.0.0.5:3000/"}},
	{"no job", nil},
}

const begin = "<!-- services: go test ./plugin -run Services -update -->\n"

func TestThePageOfAttributesSaysWhichVersionsServicesGet(t *testing.T) {
	data, err := os.ReadFile(attributesPage)
	check(t, err)
	page := string(data)
	at := strings.Index(page, begin) + len(begin)
	end := at + strings.Index(page[at:], "\n## ")
	if at < len(begin) || end < at {
		t.Fatal("the page has no place for the table")
	}
	want := page[:at] + "\n" + servicesTable() + page[end:]
	if *update {
		check(t, os.WriteFile(attributesPage, []byte(want), 0o644))
		return
	}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Errorf("the table is not that of the program; run with -update (-program +page):\n%s", diff)
	}
}

func servicesTable() string {
	asked := []string{"type=gha", "type=gha,version=1", "type=gha,version=2"}
	var table strings.Builder
	fmt.Fprintf(&table, "| the job runs on | `%s` |\n|---|---|---|---|\n", strings.Join(asked, "` | `"))
	for _, service := range services {
		fmt.Fprintf(&table, "| %s |", service.name)
		for _, entry := range asked {
			fmt.Fprintf(&table, " %s |", becomes(entry, service.env))
		}
		table.WriteString("\n")
	}
	return table.String()
}

// becomes says what the program makes of an entry in a job.
func becomes(text string, env map[string]string) string {
	rt := actions.FromEnv(func(name string) (string, bool) { value, ok := env[name]; return value, ok }).CacheRuntime(time.Time{})
	rt.Inspect = nil
	if env != nil {
		rt.Token = "token"
	}
	entries, err := cacheopts.Parse(text)
	if err != nil {
		return err.Error()
	}
	result := cacheopts.Complete([]cacheopts.Request{{Side: cacheopts.From, Entry: entries[0]}}, rt, cacheopts.Options{})
	done := result.Entries[0]
	switch {
	case result.Failed():
		return "refused"
	case done.Dropped:
		return "left out, with a warning"
	case done.Version == 2 && done.URL == env["ACTIONS_RESULTS_URL"]:
		return "2, at `$ACTIONS_RESULTS_URL`"
	case done.Version == 1 && done.URL == env["ACTIONS_CACHE_URL"]:
		return "1, at `$ACTIONS_CACHE_URL`"
	}
	return fmt.Sprintf("%d, at %s", done.Version, done.URL)
}
