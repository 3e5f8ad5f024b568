package main

import (
	"context"
	"crypto/sha256"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

// nfpm is the pinned tool that makes packages.
const nfpm = "bin/nfpm"

// writePackages makes a deb and an rpm of each Linux program.
func writePackages(ctx context.Context, dist string, programs []program) error {
	made, err := commitTime(ctx)
	if err != nil {
		return err
	}
	for _, p := range programs {
		if p.os != "linux" {
			continue
		}
		env := []string{
			"SOURCE_DATE_EPOCH=" + strconv.FormatInt(made.Unix(), 10),
			"ARCH=" + p.arch, "VERSION=" + p.version, "PROGRAM=" + p.path, "DIST=" + dist,
		}
		for _, kind := range []string{"deb", "rpm"} {
			if err := command(ctx, env, nfpm, "package", "--config", "hack/release/nfpm.yaml", "--packager", kind, "--target", dist); err != nil {
				return err
			}
		}
	}
	return nil
}

//go:embed templates
var templates embed.FS

// writeManifests writes what Homebrew and WinGet need to know of a release into folders of their own.
func writeManifests(dist string, programs []program) error {
	facts := map[string]any{
		"Version": strings.TrimPrefix(programs[0].version, "v"),
		"URL":     downloads(programs[0].version),
	}
	sums := map[string]string{}
	for _, p := range programs {
		sums[p.name] = p.sum
	}
	facts["Sums"] = sums
	pages, err := os.ReadFile(filepath.Join(dist, manual))
	if err != nil {
		return err
	}
	facts["Manual"] = fmt.Sprintf("%x", sha256.Sum256(pages))
	set, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{"upper": strings.ToUpper}).ParseFS(templates, "templates/*")
	if err != nil {
		return err
	}
	for _, t := range set.Templates() {
		folder, needs := "homebrew", []string{"darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64"}
		if strings.HasSuffix(t.Name(), ".yaml") {
			folder, needs = "winget", []string{"windows-amd64.exe", "windows-arm64.exe"}
		}
		if t.Name() == "" || !all(sums, needs) {
			continue // some platforms only
		}
		if err := writeManifest(filepath.Join(dist, folder), t, facts); err != nil {
			return fmt.Errorf("writing the manifest %s: %w", t.Name(), err)
		}
	}
	return nil
}

func all(sums map[string]string, names []string) bool {
	for _, name := range names {
		if sums["docker-ghacache-"+name] == "" {
			return false
		}
	}
	return true
}

func writeManifest(folder string, t *template.Template, facts map[string]any) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(folder, t.Name()))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.Execute(f, facts); err != nil {
		return err
	}
	return f.Close()
}
