package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/plugin"
)

func TestTheReferenceIsUpToDate(t *testing.T) {
	now := t.TempDir()
	if err := writeReference(now); err != nil {
		t.Fatal(err)
	}
	want, have := files(t, now), files(t, filepath.Join("../..", reference))
	for name, text := range want {
		if have[name] != text {
			t.Errorf("%s is not up to date: make docs", name)
		}
	}
	if len(have) != len(want) {
		t.Errorf("%d pages are there, and %d are generated: make docs", len(have), len(want))
	}
}

func TestTheTroubleshootingIsUpToDate(t *testing.T) {
	have, err := os.ReadFile(filepath.Join("../..", troubleshooting))
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != troubles() {
		t.Error("docs/troubleshooting.md is not up to date: make docs")
	}
	sections := map[string]bool{}
	for line := range strings.Lines(string(have)) {
		if id, ok := strings.CutPrefix(line, "## "); ok && sections[id] {
			t.Errorf("there are two sections %s", id)
		} else if ok {
			sections[id] = true
		}
	}
}

func TestEveryCommandHasAManPage(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	dir := t.TempDir()
	if err := writeManual(dir); err != nil {
		t.Fatal(err)
	}
	pages := files(t, dir)
	for _, cmd := range plugin.Reference().Commands() {
		if cmd.Hidden {
			continue
		}
		page := pages["docker-ghacache-"+cmd.Name()+".1"]
		for _, part := range []string{".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH EXAMPLE", "Nov 2023"} {
			if !strings.Contains(page, part) {
				t.Errorf("the page of %s has no %s", cmd.Name(), part)
			}
		}
	}
	t.Run("without a warning of man", func(t *testing.T) {
		if _, err := exec.LookPath("man"); err != nil {
			t.Skip(err)
		}
		for name := range pages {
			cmd := exec.CommandContext(t.Context(), "man", "--warnings", "-l", filepath.Join(dir, name))
			cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=200")
			var said strings.Builder
			cmd.Stderr = &said
			if err := cmd.Run(); err != nil || said.Len() > 0 {
				t.Errorf("%s: %v %s", name, err, said.String())
			}
		}
	})
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[e.Name()] = string(data)
	}
	return texts
}
