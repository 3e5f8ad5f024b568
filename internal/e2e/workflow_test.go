package e2e

import (
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/guide"

	"go.yaml.in/yaml/v3"
)

var quiet = log.New(io.Discard, "", 0)

type job struct {
	Env      map[string]string
	Steps    []step
	Strategy struct {
		Matrix map[string][]string // the documentation has one dimension at most
	}
}

type workflow struct {
	Env  map[string]string
	Jobs map[string]job
}

// workflow runs the jobs of a block of YAML, or its steps as a job behind this project's action. A workflow has a
// cache service of its own, and a job that reads a cache runs twice, because the second run must find all. Steps get the service of the
// workflow before them.
func (r *reader) workflow(block guide.Block) error {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(block.Text), &root); err != nil {
		return err
	}
	if len(root.Content) > 0 && root.Content[0].Kind == yaml.SequenceNode {
		var steps []step
		if err := root.Decode(&steps); err != nil {
			return err
		}
		if r.service == nil {
			r.service = serve(r.t)
		}
		return r.jobs(workflow{Jobs: map[string]job{"steps": {Steps: afterTheAction(steps)}}}, false)
	}
	var w workflow
	if err := root.Decode(&w); err != nil {
		return err
	}
	if len(w.Jobs) == 0 {
		return errors.New("this YAML has neither jobs nor steps, and no comment before it says why it is not run")
	}
	r.service = serve(r.t)
	return r.jobs(w, len(w.Jobs) == 1)
}

// afterTheAction has the steps behind those that a page left out because it has shown them before.
func afterTheAction(steps []step) []step {
	first := step{Uses: "docker-ghacache/docker-ghacache@v1", With: map[string]string{}}
	prepared := slices.ContainsFunc(steps, func(s step) bool {
		return strings.HasPrefix(s.Uses, "docker-ghacache/") || strings.HasPrefix(s.Uses, "crazy-max/ghaction-github-runtime@")
	})
	if prepared {
		return steps
	}
	return append([]step{first}, steps...)
}

// jobs runs jobs. A fresh one finds no cache the first time.
func (r *reader) jobs(w workflow, fresh bool) error {
	event := filepath.Join(r.t.TempDir(), "event.json")
	writeFile(r.t, event, `{"repository": {"default_branch": "main"}}`)
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		j := w.Jobs[name]
		for _, matrix := range j.matrix() {
			runner := jobRunner(r.t, r.service)
			runner.workspace, runner.matrix = r.u.dir, matrix
			runner.u.set("GITHUB_EVENT_PATH", event)
			runner.u.set("GITHUB_EVENT_NAME", "push")
			runner.u.set("GITHUB_REF", "refs/heads/main")
			check(r.t, os.Symlink(runner.u.env["HOME"], filepath.Join(runner.u.env["HOME"], ".docker"))) // a step may install a plugin there
			for _, env := range []map[string]string{w.Env, j.Env} {
				for variable, value := range env {
					runner.u.env[variable] = runner.expand(value)
				}
			}
			if err := runJob(runner, j.Steps, fresh); err != nil {
				return fmt.Errorf("the job %q: %w", name, err)
			}
		}
	}
	return nil
}

// matrix returns the values of each run of the job, at least one.
func (j job) matrix() []map[string]string {
	var runs []map[string]string
	for name, values := range j.Strategy.Matrix {
		for _, value := range values {
			runs = append(runs, map[string]string{name: value})
		}
	}
	if runs == nil {
		return []map[string]string{nil}
	}
	return runs
}

func runJob(r *runner, steps []step, fresh bool) error {
	log := r.job(steps)
	if err := r.afterJob(log); err != nil {
		return err
	}
	if !fresh || !slices.ContainsFunc(steps, readsCache) {
		return nil
	}
	ran := uncached(r.t, log)
	log = r.job(steps)
	if err := r.afterJob(log); err != nil {
		return err
	}
	if rest := uncached(r.t, log); len(ran) == 0 || len(rest) > 0 {
		return fmt.Errorf("the first run built %q, and the second again %q", ran, rest)
	}
	if !strings.Contains(log, "exporting to GitHub Actions Cache") || !slices.ContainsFunc(steps, usesAction) {
		return nil
	}
	summary, err := os.ReadFile(filepath.Join(r.dir, "summary"))
	if err == nil && !strings.Contains(string(summary), "| refs/heads/main |") {
		return fmt.Errorf("the summary of the job has no table of the cache:\n%s", summary)
	}
	return err
}

func usesAction(s step) bool { return strings.HasPrefix(s.Uses, "docker-ghacache/") }

func readsCache(s step) bool {
	return strings.Contains(s.Run, "--cache-from") || strings.Contains(s.Run, "ghacache bake") || s.With["cache-from"] != "" || strings.Contains(s.With["set"], "cache-from")
}

// afterJob checks what holds for all jobs.
func (r *runner) afterJob(log string) error {
	if r.failed {
		return errors.New("a step failed:\n" + log)
	}
	for name, value := range r.credentials {
		if strings.HasSuffix(name, "_TOKEN") && strings.Count(log, value) != strings.Count(log, "::add-mask::"+value) {
			return errors.New("the log has the token")
		}
	}
	if r.u.try("buildx", "inspect", "ghacache").code == 0 {
		return errors.New("post left the builder that the action created")
	}
	return nil
}
