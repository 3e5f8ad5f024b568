package plugin

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/cli/cli/config"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/servertest"
	"github.com/docker-ghacache/docker-ghacache/internal/mounts"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
	"github.com/docker-ghacache/docker-ghacache/internal/view"
)

const schemaDir = "../docs/schema/"

// schema is a file of docs/schema, and which of its properties outputs had.
type schema struct {
	compiled *jsonschema.Schema
	document map[string]any
	seen     map[string]bool // by the path in the document
}

func readSchemas(t *testing.T) map[string]*schema {
	t.Helper()
	files, err := filepath.Glob(schemaDir + "*.json")
	check(t, err)
	all := map[string]*schema{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		check(t, err)
		s := &schema{seen: map[string]bool{}}
		check(t, json.Unmarshal(data, &s.document))
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		if s.compiled, err = compiler.Compile(file); err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = s
	}
	return all
}

// hold checks every JSON value of an output.
func (s *schema) hold(t *testing.T, name, output string) {
	t.Helper()
	values := 0
	for decoder := json.NewDecoder(strings.NewReader(output)); decoder.More(); values++ {
		var value any
		if err := decoder.Decode(&value); err != nil {
			t.Errorf("%s: %v in %s", name, err, output)
			return
		}
		if err := s.compiled.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.visit("#", value)
	}
	if values == 0 {
		t.Errorf("%s printed nothing", name)
	}
}

// visit marks the properties of a value, which has the schema at this path.
func (s *schema) visit(path string, value any) {
	if to, ok := s.at(path)["$ref"].(string); ok {
		path = to
	}
	switch value := value.(type) {
	case map[string]any:
		for key, part := range value {
			property := path + "/properties/" + key
			s.seen[property] = true
			s.visit(property, part)
		}
	case []any:
		for _, item := range value {
			s.visit(path+"/items", item)
		}
	}
}

// at is the schema at a path, nil if there is none.
func (s *schema) at(path string) map[string]any {
	at := s.document
	for word := range strings.SplitSeq(strings.TrimPrefix(path, "#"), "/") {
		if word != "" {
			at, _ = at[word].(map[string]any)
		}
	}
	return at
}

// properties are the paths of all properties below one.
func properties(path string, document any) (all []string) {
	object, ok := document.(map[string]any)
	if !ok {
		return nil
	}
	for key, part := range object {
		all = append(all, properties(path+"/"+key, part)...)
		if strings.HasSuffix(path, "/properties") {
			all = append(all, path+"/"+key)
		}
	}
	return all
}

// outputs are commands and the schemas of what they print. Together they print every
// property that a schema has.
func outputs(t *testing.T) map[string][]outcome {
	t.Helper()
	files := t.TempDir()
	workflow := "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" +
		"      - run: docker buildx build --cache-to type=gha,version=1 .\n"
	check(t, os.MkdirAll(filepath.Join(files, ".github/workflows"), 0o755))
	check(t, os.WriteFile(filepath.Join(files, ".github/workflows/ci.yml"), []byte(workflow), 0o600))
	check(t, os.WriteFile(filepath.Join(files, "docker-bake.json"), []byte(`{"target": {"a": {"cache-to": ["type=gha,version=1"]`), 0o600))
	check(t, os.WriteFile(filepath.Join(files, "Dockerfile"), []byte("FROM docker\nCOPY --from=docker/buildx-bin@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef /buildx /b\n"), 0o600))
	oldBuildx(t)

	job, laptop := exampleJob(t, cacheserver.Options{}), exampleLaptop(t)
	copying, _ := copyTo(t, job)
	conflict := exampleJob(t, cacheserver.Options{Faults: servertest.Faults(t, "DELETE /repos/octo/app/actions/caches/*:409:1")})
	conflict.begun = time.Now()
	reading := exampleLaptop(t)
	reading.stdin = "ERROR: failed to solve: This legacy service is shutting down, effective April 15, 2025.\n"
	migrate := []string{"migrate-v2", "--offline", "--service", "v2", files, "--format", "json"}
	return map[string][]outcome{
		"ls":              {job.run("ls", "--format", "json"), laptop.run("ls", "--format", "json"), job.run("ls", "--format", "{{json .}}")},
		"ls-entries":      {job.run("ls", "--all", "--format", "json"), laptop.run("ls", "--entries", "--format", "json")},
		"du":              {job.run("du", "--format", "json"), laptop.run("du", "--format", "json")},
		"inspect":         {job.run("inspect", "app", "--format", "json"), job.run("inspect", "\x1b[31mapp", "--format", "json"), laptop.run("inspect", "app", "--format", "json")},
		"doctor":          {job.run("doctor", "--format", "json"), laptop.run("doctor", "--format", "json")},
		"explain":         {reading.run("explain", "--format", "json"), laptop.run("explain", "--format", "json")},
		"mounts-ls":       {mountsOutput(t)},
		"version":         {job.run("version", "--format", "json")},
		"migrate-v2-copy": {job.run(append(copying, "--format", "json")...), job.run(append(copying, "--format", "json")...)},
		"migrate-v2":      {job.run(migrate...), job.run(append(migrate, "--write")...)},
		"dry-run": {
			job.run("build", "--gha-dry-run=json", "--cache-to", "type=gha", "."),
			job.run("build", "--gha-dry-run=json", "--cache-to", "type=gha,mode=all", "."),
			job.run("bake", "--gha-dry-run=json", "--gha-nope"),
		},
		"prune": {
			laptop.run("prune", "--dry-run", "--keep-storage", "1kB", "--format", "json"), job.run("prune", "--dry-run", "--format", "json"),
			conflict.run("prune", "--force", "--format", "json"), job.run("prune", "--force", "--format", "json"),
		},
	}
}

// mountsOutput is what mounts ls prints of a builder and a cache. The builder's part needs a BuildKit: see internal/e2e.
func mountsOutput(t *testing.T) (o outcome) {
	t.Helper()
	var out strings.Builder
	saved := bkcache.Entry{Key: bkcache.MountKey("linux/amd64", bkcache.MountName("//go", ""), "0123456789abcdef", "0123456789abcdef", nil).String(), Version: bkcache.Version, Ref: "refs/heads/main", Size: 5, Used: time.Now()}
	other := saved
	other.Key = bkcache.MountKey("linux/arm64", bkcache.MountName("/apt", "uid=1,gid=0,mode=0755"), "0123456789abcdef", "0123456789abcdef", nil).String()
	held := []mounts.Record{{Ref: "a", ID: "//go", Size: 7, Used: time.Now()}, {Ref: "b", ID: "/npm", InUse: true}, {Ref: "c", ID: "/pip", Size: 1}}
	check(t, view.Mounts(held, "linux/amd64", []bkcache.Entry{saved, other}).Print(ui.Output{Writer: &out}, view.Format{Template: "json"}))
	o.stdout = out.String()
	for _, state := range []string{"on both", "saved", "not saved", "in use"} {
		if !strings.Contains(o.stdout, `"state":"`+state+`"`) {
			t.Errorf("no mount is %s: %s", state, o.stdout)
		}
	}
	return o
}

// oldBuildx makes docker's configuration one that has a buildx of version 0.12.
func oldBuildx(t *testing.T) {
	t.Helper()
	before, dir := config.Dir(), t.TempDir()
	config.SetDir(dir)
	t.Cleanup(func() { config.SetDir(before) })
	check(t, os.MkdirAll(filepath.Join(dir, "cli-plugins"), 0o755))
	body := "#!/bin/sh\necho '{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"v\",\"Version\":\"v0.12.0\"}'\n"
	check(t, os.WriteFile(filepath.Join(dir, "cli-plugins", "docker-buildx"), []byte(body), 0o755))
}

func TestOutputsFollowTheirSchemas(t *testing.T) {
	schemas := readSchemas(t)
	for name, all := range outputs(t) {
		for _, got := range all {
			schemas[name].hold(t, name, got.stdout)
		}
	}
	// What the toolchain records of a program it does not record of a test.
	schemas["version"].seen["#/properties/revision"] = true
	schemas["version"].seen["#/properties/modified"] = true
	// A relay needs a BuildKit that answers: see internal/e2e.
	for _, property := range []string{"", "/properties/mode", "/properties/host", "/properties/reason"} {
		schemas["dry-run"].seen["#/properties/relay"+property] = true
	}
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		all := properties("#", schemas[name].document)
		if len(all) == 0 {
			t.Errorf("%s has no properties", name)
		}
		for _, property := range slices.Sorted(slices.Values(all)) {
			if !schemas[name].seen[property] {
				t.Errorf("no output of %s has %s", name, property)
			}
			if word := property[strings.LastIndex(property, "/")+1:]; !regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)*$`).MatchString(word) {
				t.Errorf("%s: %q is not snake_case", name, word)
			}
		}
	}
}

// A schema that knows no more fields than an output has is one that would report a new one.
func TestSchemasAreClosed(t *testing.T) {
	for name, s := range readSchemas(t) {
		var look func(path string, document any)
		look = func(path string, document any) {
			object, ok := document.(map[string]any)
			if !ok {
				return
			}
			if _, ok := object["properties"].(map[string]any); ok && !strings.HasSuffix(path, "/properties") && object["additionalProperties"] != false {
				t.Errorf("%s: %s takes any other property", name, path)
			}
			for key, part := range object {
				look(path+"/"+key, part)
			}
		}
		look("#", s.document)
	}
}

func TestEveryJSONHasASchema(t *testing.T) {
	// A serve that is asked for JSON prints variables, whatever their names.
	schemas, known := readSchemas(t), []string{"serve"}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		f := cmd.Flags().Lookup("format")
		name := strings.Join(strings.Split(cmd.CommandPath(), " ")[2:], "-") // after docker ghacache
		if f != nil && strings.Contains(f.Usage, `"json"`) && schemas[name] == nil && !slices.Contains(known, cmd.Name()) {
			t.Errorf("%s prints JSON, and docs/schema does not say which", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	for _, c := range Reference().Commands() {
		walk(c)
	}
}
