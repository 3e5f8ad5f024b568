package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// runner runs the steps of a job as GitHub's runner does: this project's action, and shell steps. It knows the files that a
// step writes to, and gives the credentials of the cache to actions only.
type runner struct {
	t      *testing.T
	u      *user
	node   string
	action definition

	credentials map[string]string // ACTIONS_…, for actions
	token       string            // github.token
	workspace   string
	dir         string // of the files that steps write to
	outputs     map[string]map[string]string
	posts       []func() string
	failed      bool // a step failed
}

// definition is an action.yml.
type definition struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Using, Main, Post string }
}

// step is a step of a job in a workflow.
type step struct {
	ID, Uses, Run string
	With          map[string]string
}

// newRunner has a job on a service. The user has a docker without this plugin.
func newRunner(t *testing.T, u *user, s *service) *runner {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, errors.New("no node on PATH, and the action was not tested"))
	}
	check(t, os.Remove(filepath.Join(u.env["DOCKER_CONFIG"], "cli-plugins", "docker-ghacache")))
	r := &runner{t: t, u: u, node: node, credentials: map[string]string{}, dir: t.TempDir(), outputs: map[string]map[string]string{}}
	for name, value := range s.env {
		switch {
		case strings.HasPrefix(name, "ACTIONS_"):
			r.credentials[name] = value
		case name == "GITHUB_TOKEN":
			r.token = value
		default:
			u.set(name, value)
		}
	}
	u.set("GITHUB_ACTIONS", "true")
	for name, variable := range map[string]string{"temp": "RUNNER_TEMP", "tools": "RUNNER_TOOL_CACHE"} {
		u.set(variable, filepath.Join(r.dir, name))
		check(t, os.Mkdir(u.env[variable], 0o700))
	}
	data, err := os.ReadFile(filepath.Join(shared.root, "action.yml"))
	check(t, err)
	check(t, yaml.Unmarshal(data, &r.action))
	return r
}

// job runs the steps and then the post parts of its actions, and returns the log. The first failure ends it. The next job
// starts with the variables that this one started with.
func (r *runner) job(steps []step) (log string) {
	r.t.Helper()
	before := maps.Clone(r.u.env)
	defer func() { r.u.env = before }()
	for _, s := range steps {
		if log += r.step(s); r.failed {
			break
		}
	}
	for _, post := range slices.Backward(r.posts) {
		log += post()
	}
	r.posts = nil
	return log
}

func (r *runner) step(s step) string {
	r.t.Helper()
	for name, value := range s.With {
		s.With[name] = r.expand(value)
	}
	name, _, _ := strings.Cut(s.Uses, "@")
	switch name {
	case "":
		return r.exec(r.u.env, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", r.expand(s.Run))
	case "docker-ghacache/docker-ghacache":
		return r.own(s)
	case "docker/build-push-action":
		return r.exec(r.u.env, r.u.docker, buildPush(s.With)...)
	case "actions/checkout":
		return "" // the workspace is there
	}
	r.t.Fatalf("no runner for %q", s.Uses)
	return ""
}

// buildPush is what docker/build-push-action runs for these inputs, without push.
func buildPush(with map[string]string) []string {
	args := []string{"buildx", "build", "--progress", "plain", "--tag", with["tags"]}
	for _, name := range []string{"cache-from", "cache-to"} {
		if with[name] != "" {
			args = append(args, "--"+name, with[name])
		}
	}
	return append(args, ".")
}

// own runs this project's action.
func (r *runner) own(s step) string {
	env := maps.Clone(r.credentials)
	for name, input := range r.action.Inputs {
		value, given := s.With[name]
		if !given {
			value = r.expand(input.Default)
		}
		env["INPUT_"+strings.ToUpper(name)] = value
	}
	for name := range s.With {
		if _, ok := r.action.Inputs[name]; !ok {
			r.t.Errorf("the action has no input %q", name)
		}
	}
	if s.ID != "" {
		r.outputs[s.ID] = map[string]string{}
	}
	state := map[string]string{}
	run := func(script string) string {
		all := maps.Clone(r.u.env)
		maps.Copy(all, env)
		for name, value := range state {
			all["STATE_"+name] = value
		}
		for _, file := range []string{"ENV", "PATH", "OUTPUT", "STATE"} {
			all["GITHUB_"+file] = filepath.Join(r.dir, file)
			check(r.t, os.WriteFile(all["GITHUB_"+file], nil, 0o644))
		}
		all["GITHUB_STEP_SUMMARY"] = filepath.Join(r.dir, "summary")
		log := r.exec(all, r.node, filepath.Join(shared.root, script))
		maps.Copy(r.u.env, r.written("ENV"))
		maps.Copy(state, r.written("STATE"))
		if s.ID != "" {
			maps.Copy(r.outputs[s.ID], r.written("OUTPUT"))
		}
		r.addPaths()
		return log
	}
	r.posts = append(r.posts, func() string { return run(r.action.Runs.Post) })
	return run(r.action.Runs.Main)
}

func (r *runner) addPaths() {
	data, err := os.ReadFile(filepath.Join(r.dir, "PATH"))
	check(r.t, err)
	for folder := range strings.Lines(string(data)) {
		r.u.env["PATH"] = strings.TrimSpace(folder) + ":" + r.u.env["PATH"]
	}
}

// exec runs a program of a step in the workspace.
func (r *runner) exec(env map[string]string, name string, args ...string) string {
	cmd := exec.CommandContext(r.t.Context(), name, args...)
	cmd.Dir = r.workspace
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		r.failed = true
	} else {
		check(r.t, err)
	}
	r.t.Logf("%s %s: exit %d\n%s", filepath.Base(name), strings.Join(args, " "), cmd.ProcessState.ExitCode(), log.String())
	return log.String()
}

// written reads NAME<<DELIMITER, which all files of a step but that of PATH have.
func (r *runner) written(file string) map[string]string {
	data, err := os.ReadFile(filepath.Join(r.dir, file))
	check(r.t, err)
	values := map[string]string{}
	for rest := string(data); rest != ""; {
		head, body, _ := strings.Cut(rest, "\n")
		name, delimiter, ok := strings.Cut(head, "<<")
		value, after, ended := strings.Cut("\n"+body, "\n"+delimiter+"\n")
		if !ok || !ended {
			r.t.Fatalf("$GITHUB_%s has %q", file, head)
		}
		values[name], rest = strings.TrimPrefix(value, "\n"), after
	}
	return values
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// expand replaces the expressions of a workflow, of which it knows the token and the outputs of steps.
func (r *runner) expand(text string) string {
	return expression.ReplaceAllStringFunc(text, func(word string) string {
		name := expression.FindStringSubmatch(word)[1]
		if name == "github.token" {
			return r.token
		}
		parts := strings.Split(name, ".")
		if len(parts) == 4 && parts[0] == "steps" && parts[2] == "outputs" {
			if value, ok := r.outputs[parts[1]][parts[3]]; ok {
				return value
			}
		}
		r.t.Errorf("no value of %s", word)
		return ""
	})
}

// jobsIn are the steps of every job in the YAML of a page, page by page.
func jobsIn(t *testing.T, file string) [][]step {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(shared.root, file))
	check(t, err)
	var jobs [][]step
	for _, block := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(string(data), -1) {
		if !strings.HasPrefix(block[1], "jobs:\n") && !strings.Contains(block[1], "\njobs:\n") {
			continue // a step of one
		}
		var workflow struct {
			Jobs map[string]struct{ Steps []step }
		}
		if err := yaml.Unmarshal([]byte(block[1]), &workflow); err != nil {
			t.Fatal(fmt.Errorf("reading the YAML of %s: %w", file, err))
		}
		for _, name := range slices.Sorted(maps.Keys(workflow.Jobs)) {
			jobs = append(jobs, workflow.Jobs[name].Steps)
		}
	}
	return jobs
}

// withAction are the jobs of a page that use the action.
func withAction(t *testing.T, file string) [][]step {
	t.Helper()
	return slices.DeleteFunc(jobsIn(t, file), func(steps []step) bool {
		return !slices.ContainsFunc(steps, func(s step) bool { return strings.HasPrefix(s.Uses, "docker-ghacache/docker-ghacache@") })
	})
}
