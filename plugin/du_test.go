package plugin

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
)

func TestDu(t *testing.T) {
	args := []string{"du"}
	golden(t, "du/job-pipe", exampleJob(t, cacheserver.Options{}).run(args...))
	golden(t, "du/job-wide", exampleJob(t, cacheserver.Options{}).runOn(t.Context(), wide, args))
	golden(t, "du/job-narrow", exampleJob(t, cacheserver.Options{}).runOn(t.Context(), 40, args))
	golden(t, "du/laptop-pipe", exampleLaptop(t).run(args...))
	golden(t, "du/json", exampleJob(t, cacheserver.Options{}).run("du", "--format", "json"))
	golden(t, "du/nothing", serve(t, cacheserver.Options{}, nil).run(args...))
	golden(t, "du/limit-not-visible", exampleJob(t, cacheserver.Options{Faults: faults(t, "*/storage-limit:403", "*/retention-limit:404")}).run(args...))
}

func TestDuWritesTheSummaryOfAJob(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	file := filepath.Join(t.TempDir(), "summary.md")
	check(t, os.WriteFile(file, []byte("# Before\n"), 0o600))
	d.vars["GITHUB_STEP_SUMMARY"] = file
	d.run("du", "--summary")
	data, err := os.ReadFile(file)
	check(t, err)
	golden(t, "du/summary", outcome{stdout: string(data)})

	delete(d.vars, "GITHUB_STEP_SUMMARY")
	if got := d.run("du", "--summary"); got.code != usageError {
		t.Errorf("without a summary: %+v", got)
	}
}
