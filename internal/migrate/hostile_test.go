package migrate_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate"
)

// hostile is a file of each kind that was ever seen, or can be thought of, to take
// time or memory out of all proportion to its size.
func hostile() map[string]string {
	step := func(script string) string {
		return "      - run: |\n          " + strings.ReplaceAll(strings.TrimSuffix(script, "\n"), "\n", "\n          ") + "\n"
	}
	workflow := func(top, job, steps string) string {
		return "on: push\n" + top + "jobs:\n  a:\n    runs-on: ubuntu-latest\n" + job + "    steps:\n" + steps
	}
	const use = "docker buildx create --driver-opt image=moby/buildkit:"
	matrix := "    strategy:\n      matrix:\n        a: [v0.1, v0.2, v0.3, v0.4, v0.5, v0.6, v0.7, v0.8, v0.9]\n        b: [a, b, c, d, e, f, g, h, i]\n"
	each := func(n int, format string) string {
		var out strings.Builder
		for i := 1; i <= n; i++ {
			out.WriteString(strings.NewReplacer("THIS", fmt.Sprint(i), "LAST", fmt.Sprint(i-1)).Replace(format))
		}
		return out.String()
	}
	return map[string]string{
		"doubling.yml": workflow("", matrix, step("V0=\"${{ matrix.a }}${{ matrix.b }}\"\n"+each(40, "VTHIS=\"$VLAST$VLAST\"\n")+use+"$V40")),
		"itself.yml":   workflow("", "", step("V=$A\n"+strings.Repeat("V=\"$V$V\"\n", 100)+use+"$V")),
		"empty.yml":    workflow("", "", step("V=\n"+strings.Repeat("V=\"$V$V\"\n", 100)+use+"$V")),
		"env.yml":      workflow("env:\n  V0: v0.1\n"+each(40, "  VTHIS: ${{ env.VLAST }}${{ env.VLAST }}${{ env.VLAST }}\n"), "", step(use+"${{ env.V40 }}")),
		"assigned.yml": workflow("", "", step(each(2000, "V=v0.THIS\n")+use+"$V-$V-$V")),
		"loops.yml":    workflow("", "", step("for a in "+each(500, "v0.THIS ")+"; do for b in "+each(500, "rTHIS ")+"; do "+use+"$a$b$a$b$a$b; done; done")),
		"matrix.yml":   workflow("", matrix, step(use+strings.Repeat("${{ matrix.a }}${{ matrix.b }}", 500))),
		"or.yml":       workflow("", "", step(use+strings.Repeat("${{ "+strings.TrimSuffix(each(500, "'v0.THIS' || "), "|| ")+"}}", 3))),
		"merge.yml": workflow("x0: &x0 {a: b}\n"+each(12, "xTHIS: &xTHIS\n  <<: ["+strings.TrimSuffix(strings.Repeat("*xLAST, ", 50), ", ")+"]\n"),
			"", "      - uses: docker/setup-buildx-action@v3\n        with: *x12\n"),
		"calls.yml":       workflow("", "", strings.Repeat("      - uses: ./a/b\n        with: { version: v0.1.0 }\n", 500)),
		"doubling.mk":     "V0 = v0.1\nV0 = v0.2\n" + each(60, "VTHIS = $(VLAST)$(VLAST)\n") + "x:\n\t" + use + "$(V60)\n",
		"assigned.mk":     each(2000, "V = v0.THIS\n") + "x:\n\t" + use + strings.Repeat("$(V)", 500) + "\n",
		"bake.hcl":        "variable \"V0\" { default = \"v0.1\" }\n" + each(30, "variable \"VTHIS\" { default = \"${VLAST}${VLAST}${VLAST}${VLAST}${VLAST}\" }\n") + "target \"a\" { args = { X = \"moby/buildkit:${V30}\" } }\n",
		"brackets.hcl":    "buildx = " + strings.Repeat("[", 50_000),
		"brackets.sh":     "buildx " + strings.Repeat("$(", 50_000),
		"attributes.sh":   "docker buildx build " + strings.Repeat("type=gha,version=1,", 3000) + "\n",
		"pins.sh":         strings.Repeat(use+"v0.1.0\n", 1000),
		"pins.Dockerfile": strings.Repeat("FROM moby/buildkit:v0.1.0\n", 2000),
	}
}

// place of a hostile file in a repository.
func hostilePath(name string, i int) string {
	if strings.HasSuffix(name, ".yml") {
		return fmt.Sprintf(".github/workflows/%d-%s", i, name)
	}
	return fmt.Sprintf("%d/%s", i, name)
}

func TestHostileFilesTakeBoundedMemory(t *testing.T) {
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			dir := tree(t, map[string]string{hostilePath(name, 0): src})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			report := mustCheck(t, dir, migrate.Options{Service: migrate.ServiceV2})
			runtime.ReadMemStats(&after)
			if size := after.TotalAlloc - before.TotalAlloc; size > 64<<20 {
				t.Errorf("%d MB allocated", size>>20)
			}
			if len(report.Findings)+len(report.Skipped) == 0 && !slices.Contains([]string{"merge.yml", "calls.yml", "brackets.sh", "bake.hcl"}, name) {
				t.Error("nothing is said about it")
			}
		})
	}
}

// BenchmarkHostile judges 1,000 files of which each wants more than its share. It must
// stay below 10 seconds, and the process below 300 MB.
func BenchmarkHostile(b *testing.B) {
	files, all := map[string]string{}, hostile()
	for i := 0; len(files) < 1000; i++ {
		for name, src := range all {
			files[hostilePath(name, i)] = src
		}
	}
	dir := tree(b, files)
	b.ResetTimer()
	for b.Loop() {
		if _, err := migrate.Check(b.Context(), []string{dir}, migrate.Options{Service: migrate.ServiceV2}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(highWater(b), "MB")
}
