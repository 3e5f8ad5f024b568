package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// drawWorkflow writes a workflow with pins in all the ways that YAML has.
func drawWorkflow(t *rapid.T) []byte {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	version := func() string {
		return pick("version", "v0.9.1", "v0.12.0", "0.19.3", "v0.21.0-rc1", "v0.30.0", "latest", "${{ env.V }}", "${{ matrix.v }}")
	}
	quote := func(s string) string {
		return map[string]string{"plain": s, "single": "'" + s + "'", "double": `"` + s + `"`}[pick("quotes", "plain", "single", "double")]
	}
	comment := func() string { return pick("comment", "", " # v0.12.0", "   #type=gha,version=1", " # ünï") }
	indent := strings.Repeat(" ", rapid.IntRange(0, 4).Draw(t, "indent"))

	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	out.WriteString(pick("mark", "", "\ufeff"))
	line("on: push%s", comment())
	line("env:\n  V: %s%s", quote(pick("v", "v0.11.0", "v0.25.0")), comment())
	line("jobs:\n  build:\n    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n        v: [%s]", quote("v0.14.0"))
	line("    steps:")
	for range rapid.IntRange(1, 6).Draw(t, "steps") {
		switch pick("step", "buildx", "options", "cache", "run", "action") {
		case "buildx":
			line("    %s- uses: docker/setup-buildx-action@v3%s\n    %s  with:\n    %s    version: %s%s", indent, comment(), indent, indent, quote(version()), comment())
		case "options":
			line("    %s- uses: docker/setup-buildx-action@v3\n    %s  with:\n    %s    driver-opts: %s%s\n    %s      network=host\n    %s      image=moby/buildkit:%s",
				indent, indent, indent, pick("block", "|", "|-", ">", ">-"), comment(), indent, indent, version())
		case "cache":
			line("    %s- uses: docker/build-push-action@v6\n    %s  with: { cache-to: %s }%s", indent, indent,
				quote("type=gha"+pick("sep", ",", ", ")+"version=1"), comment())
		case "run":
			line("    %s- run: |%s\n    %s    docker buildx build --cache-to \"type=gha,version=%s\" \\\n    %s      --cache-from=type=gha .%s",
				indent, comment(), indent, pick("n", "1", "2"), indent, comment())
		case "action":
			line("    %s- uses: %s", indent, pick("uses", "actions/cache@v2", "actions/cache@v4.1.0 # pinned",
				"actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2 # v4.1.0", "docker/setup-buildx-action@v2"))
		}
	}
	s := out.String()
	if rapid.Bool().Draw(t, "no final newline") {
		s = strings.TrimRight(s, "\n")
	}
	if rapid.Bool().Draw(t, "CRLF") {
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	return []byte(s)
}

func TestEditsKeepEverythingElse(t *testing.T) {
	edited := 0
	rapid.Check(t, func(r *rapid.T) {
		src := drawWorkflow(r)
		report, ok := judged(t, inMemory(source.Workflow, src))
		if !ok {
			return // a flow mapping with a plain scalar that needs quotes
		}
		edited += len(report.Edits("x"))
		editTwice(t, source.Workflow, src)
	})
	if edited == 0 {
		t.Error("no workflow had anything to edit")
	}
}
