package release

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
)

// pins are the actions by their names.
func pins(t *testing.T) map[string]string {
	t.Helper()
	majors := map[string]string{}
	for _, pin := range []string{Checkout, Cache, Runtime, SetupBuildx} {
		name, major, ok := strings.Cut(pin, "@")
		if !ok || majors[name] != "" || !semver.IsValid(major) || semver.Major(major) != major {
			t.Errorf("%q is no action at a major", pin)
		}
		majors[name] = major
	}
	return majors
}

func TestActionsAreAtTheirNewestMajor(t *testing.T) {
	data, err := os.ReadFile("../migrate/tags/action-tags.json")
	if err != nil {
		t.Fatal(err)
	}
	var tags map[string]map[string]string
	if err := json.Unmarshal(data, &tags); err != nil {
		t.Fatal(err)
	}
	known := 0
	for name, major := range pins(t) {
		if tags[name] == nil {
			continue // migrate-v2 has nothing to say about it
		}
		known++
		newest := ""
		for tag := range tags[name] {
			if semver.Compare(tag, newest) > 0 {
				newest = tag
			}
		}
		if semver.Major(newest) != major {
			t.Errorf("%s@%s, and the newest is %s", name, major, newest)
		}
	}
	if known < 3 {
		t.Errorf("the table has %d of the actions", known)
	}
}

// used is an action at a version, or at a commit with its version behind.
var used = regexp.MustCompile(`([\w-]+/[\w-]+)@(v\d+\b|[0-9a-f]{40} # v\d+)`)

// What the documentation shows and the project's own workflow does is what users copy.
func TestActionsAreWrittenWithTheSameMajor(t *testing.T) {
	majors := pins(t)
	seen := map[string]bool{}
	for _, file := range texts(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(data), -1) {
			name, version := m[1], m[2][strings.LastIndexByte(m[2], ' ')+1:]
			if majors[name] != "" && version != majors[name] {
				t.Errorf("%s has %s, want %s", file, m[0], majors[name])
			}
			seen[name] = seen[name] || strings.HasSuffix(file, "README.md")
		}
	}
	for _, pin := range []string{Checkout, Runtime, SetupBuildx} {
		if name, _, _ := strings.Cut(pin, "@"); !seen[name] {
			t.Errorf("the README does not show %s", name)
		}
	}
}

// texts are the documentation, the workflows and the program, without its tests, which hold old workflows.
func texts(t *testing.T) []string {
	t.Helper()
	files := []string{"../../README.md"}
	for _, root := range []string{"../../docs", "../../.github", "../../cmd", "../../plugin", "../../internal", "../../cacheopts"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if d != nil && d.IsDir() && d.Name() == "testdata" {
				return filepath.SkipDir
			}
			if slices.Contains([]string{".md", ".yml", ".yaml", ".go"}, filepath.Ext(path)) && !strings.HasSuffix(path, "_test.go") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

var usesLine = regexp.MustCompile(`(?m)^\s*(?:- )?uses: (\S+)(.*)$`)

// A tag of an action can be moved to other code.
func TestWorkflowsPinActionsToCommits(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d workflows, error %v", len(files), err)
	}
	pinned := regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40}$`)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range usesLine.FindAllStringSubmatch(string(data), -1) {
			if m[1] != "./" && (!pinned.MatchString(m[1]) || !strings.HasPrefix(m[2], " # v")) {
				t.Errorf("%s: %s is not pinned to a commit, with its version behind", file, m[0])
			}
		}
	}
}
