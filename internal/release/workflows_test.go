package release

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type workflow struct {
	On          any            `yaml:"on"`
	Permissions any            `yaml:"permissions"`
	Concurrency any            `yaml:"concurrency"`
	Jobs        map[string]job `yaml:"jobs"`
}

type job struct {
	Timeout     int    `yaml:"timeout-minutes"`
	Environment string `yaml:"environment"`
	Permissions any    `yaml:"permissions"`
	Steps       []step `yaml:"steps"`
}

type step struct {
	Uses string            `yaml:"uses"`
	Run  string            `yaml:"run"`
	With map[string]any    `yaml:"with"`
	Env  map[string]string `yaml:"env"`
}

// What zizmor looks for in the workflows. CI runs it too, which needs a network.
func TestWorkflowsAreHardened(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d workflows, error %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range hazards(t, data) {
			t.Errorf("%s: %s", filepath.Base(file), problem)
		}
	}
}

func TestHazardsOfWorkflowsAreSeen(t *testing.T) {
	const start = "on: push\npermissions: {}\nconcurrency: x\njobs: {a: {timeout-minutes: 5, steps: ["
	for name, c := range map[string]struct{ text, want string }{
		"a job of a fork with the rights of the repository": {"on: pull_request_target\npermissions: {}\nconcurrency: x\n", "trigger"},
		"all rights":             {"on: push\npermissions: write-all\nconcurrency: x\n", "permissions"},
		"the default rights":     {"on: push\nconcurrency: x\n", "permissions"},
		"no limit of time":       {"on: push\npermissions: {}\nconcurrency: x\njobs: {a: {}}\n", "timeout"},
		"an expression in shell": {start + `{run: "echo ${{ github.head_ref }}"}]}}`, "expression"},
		"a token left in .git":   {start + `{uses: actions/checkout@x}]}}`, "persist-credentials"},
		"a secret for any job":   {start + `{run: x, env: {A: "${{ secrets.A }}"}}]}}`, "environment"},
		"a cache in a release":   {"on: {push: {tags: [v*]}}\npermissions: {}\nconcurrency: x\njobs: {a: {timeout-minutes: 5, steps: [{uses: actions/setup-go@x}]}}", "cache"},
	} {
		if got := strings.Join(hazards(t, []byte(c.text)), "; "); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

var (
	dangerous  = regexp.MustCompile(`\b(?:pull_request_target|workflow_run|issue_comment)\b`)
	expression = regexp.MustCompile(`\$\{\{`)
)

func hazards(t *testing.T, data []byte) (problems []string) {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	report := func(bad bool, problem string) {
		if bad && !slices.Contains(problems, problem) {
			problems = append(problems, problem)
		}
	}
	triggers, err := yaml.Marshal(w.On)
	if err != nil {
		t.Fatal(err)
	}
	report(dangerous.Match(triggers), "a trigger runs what others write with the rights of the repository")
	report(w.Permissions == nil || w.Permissions == "write-all", "there are no permissions for all jobs")
	report(w.Concurrency == nil, "there is no concurrency")
	publishes := strings.Contains(string(triggers), "tags")
	for name, j := range w.Jobs {
		report(j.Timeout == 0, name+": no timeout-minutes")
		report(j.Permissions == "write-all", name+": permissions for everything")
		for _, s := range j.Steps {
			report(expression.MatchString(s.Run), name+": an expression in a script, which what it expands to can change")
			report(strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false, name+": persist-credentials is not false")
			report(publishes && strings.HasPrefix(s.Uses, "actions/setup-go@") && s.With["cache"] != false, name+": a release reads a cache")
			report(publishes && strings.HasPrefix(s.Uses, "actions/cache"), name+": a release reads a cache")
			for _, value := range s.Env {
				report(strings.Contains(value, "secrets.") && j.Environment == "", name+": a secret without an environment")
			}
		}
	}
	return problems
}
