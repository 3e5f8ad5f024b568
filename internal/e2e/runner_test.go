package e2e

import (
	"errors"
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
	matrix      map[string]string
	outputs     map[string]map[string]string
	posts       []func() string
	processes   []*exec.Cmd // of the steps of this job
	failed      bool        // a step failed
}

// definition is an action.yml.
type definition struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Using, Main, Post string }
}

// step is a step of a job in a workflow.
type step struct {
	ID, Uses, Run string
	With, Env     map[string]string
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
	for _, cmd := range r.processes {
		endGroup(cmd) // what a step left in the background
	}
	r.posts, r.processes = nil, nil
	return log
}

func (r *runner) step(s step) string {
	r.t.Helper()
	s.With = maps.Clone(s.With) // the next job expands it again
	for name, value := range s.With {
		s.With[name] = r.expand(value)
	}
	env := maps.Clone(r.u.env)
	for name, value := range s.Env {
		env[name] = r.expand(value)
	}
	switch name, _, _ := strings.Cut(s.Uses, "@"); name {
	case "":
		return r.withFiles(env, func() string {
			return r.exec(env, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", r.expand(s.Run))
		})
	case "docker-ghacache/docker-ghacache":
		return r.own(s)
	default:
		maps.Copy(env, r.credentials)
		return r.other(name, env, s.With)
	}
}

// withFiles runs a program of a step, whose environment gets the files that a step writes to, and reads the variables and paths.
func (r *runner) withFiles(env map[string]string, run func() string) string {
	for _, file := range []string{"ENV", "PATH", "OUTPUT", "STATE"} {
		env["GITHUB_"+file] = filepath.Join(r.dir, file)
		check(r.t, os.WriteFile(env["GITHUB_"+file], nil, 0o644))
	}
	env["GITHUB_STEP_SUMMARY"] = filepath.Join(r.dir, "summary")
	log := run()
	maps.Copy(r.u.env, r.written("ENV"))
	r.addPaths()
	return log
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
		log := r.withFiles(all, func() string { return r.exec(all, r.node, filepath.Join(shared.root, script)) })
		maps.Copy(state, r.written("STATE"))
		if s.ID != "" {
			maps.Copy(r.outputs[s.ID], r.written("OUTPUT"))
		}
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
	output, err := os.Create(filepath.Join(r.t.TempDir(), "log")) // a pipe would wait for what the step leaves in the background
	check(r.t, err)
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output
	ownGroup(cmd)
	err = cmd.Run()
	r.processes = append(r.processes, cmd)
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		r.failed = true
	} else {
		check(r.t, err)
	}
	log, err := os.ReadFile(output.Name())
	check(r.t, err)
	r.t.Logf("%s %s: exit %d\n%s", filepath.Base(name), strings.Join(args, " "), cmd.ProcessState.ExitCode(), log)
	return string(log)
}

// written reads NAME<<DELIMITER or NAME=VALUE, which all files of a step but that of PATH have.
func (r *runner) written(file string) map[string]string {
	data, err := os.ReadFile(filepath.Join(r.dir, file))
	check(r.t, err)
	values := map[string]string{}
	for rest := string(data); rest != ""; {
		head, body, _ := strings.Cut(rest, "\n")
		if name, value, ok := strings.Cut(head, "="); ok && !strings.Contains(name, "<<") {
			values[name], rest = value, body
			continue
		}
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

// expand replaces the expressions of a workflow, of which it knows those that the documentation has.
func (r *runner) expand(text string) string {
	return expression.ReplaceAllStringFunc(text, func(word string) string {
		name := expression.FindStringSubmatch(word)[1]
		parts := strings.Split(name, ".")
		switch {
		case name == "github.token":
			return r.token
		case name == "github.sha":
			return strings.Repeat("0", 40)
		case name == "github.actor":
			return "octocat"
		case parts[0] == "matrix" && len(parts) == 2 && r.matrix[parts[1]] != "":
			return r.matrix[parts[1]]
		case parts[0] == "env" && len(parts) == 2:
			return r.u.env[parts[1]]
		case parts[0] == "steps" && len(parts) == 4 && parts[2] == "outputs":
			if value, ok := r.outputs[parts[1]][parts[3]]; ok {
				return value
			}
		}
		r.t.Errorf("no value of %s", word)
		return ""
	})
}
