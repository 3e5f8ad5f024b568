package plugin

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
)

func TestDu(t *testing.T) {
	args := []string{"du"}
	leftOnScreens(t, "du/job", func() *desk { return exampleJob(t, cacheserver.Options{}) }, 40, args)
	left(t, "du/laptop-pipe", exampleLaptop(t).run(args...))
	left(t, "du/json", exampleJob(t, cacheserver.Options{}).run("du", "--format", "json"))
	left(t, "du/nothing", serve(t, cacheserver.Options{}, nil).run(args...))
	left(t, "du/limit-not-visible", exampleJob(t, cacheserver.Options{Faults: servertest.Faults(t, "*/storage-limit:403", "*/retention-limit:404")}).run(args...))
}

func TestDuWritesTheSummaryOfAJob(t *testing.T) {
	d := exampleJob(t, cacheserver.Options{})
	file := filepath.Join(t.TempDir(), "summary.md")
	check(t, os.WriteFile(file, []byte("# Before\n"), 0o600))
	d.vars["GITHUB_STEP_SUMMARY"] = file
	d.run("du", "--summary")
	data, err := os.ReadFile(file)
	check(t, err)
	left(t, "du/summary", outcome{stdout: string(data)})

	delete(d.vars, "GITHUB_STEP_SUMMARY")
	if got := d.run("du", "--summary"); got.code != usageError {
		t.Errorf("without a summary: %+v", got)
	}
}
