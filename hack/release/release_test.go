package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/spdx/tools-golang/json"
	"go.yaml.in/yaml/v3"
)

func programs() []program {
	var all []program
	for _, platform := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"} {
		name := assetName(platform)
		system, arch, _ := strings.Cut(platform, "/")
		all = append(all, program{name: name, os: system, arch: arch, version: "v1.2.3", sum: fmt.Sprintf("%x", sha256.Sum256([]byte(name))),
			dependencies: []*debug.Module{{Path: "example.com/a", Version: "v1.0.0"}, {Path: "example.com/b", Version: "v2.0.0+incompatible"}}})
	}
	return all
}

func TestManifestsHaveTheChecksumsOfThePrograms(t *testing.T) {
	dist := t.TempDir()
	write(t, filepath.Join(dist, manual), "pages")
	if err := writeManifests(dist, programs()); err != nil {
		t.Fatal(err)
	}
	formula := read(t, filepath.Join(dist, "homebrew/docker-ghacache.rb"))
	if pages := fmt.Sprintf("sha256 \"%x\"", sha256.Sum256([]byte("pages"))); !bytes.Contains(formula, []byte(pages)) {
		t.Errorf("the formula has no man pages with %s:\n%s", pages, formula)
	}
	var installer struct {
		PackageVersion string `yaml:"PackageVersion"`
		Installers     []struct {
			URL    string `yaml:"InstallerUrl"`
			SHA256 string `yaml:"InstallerSha256"`
		} `yaml:"Installers"`
	}
	winget := filepath.Join(dist, "winget/docker-ghacache.docker-ghacache")
	for _, name := range []string{".yaml", ".locale.en-US.yaml", ".installer.yaml"} {
		installer.PackageVersion = ""
		if err := yaml.Unmarshal(read(t, winget+name), &installer); err != nil || installer.PackageVersion != "1.2.3" {
			t.Errorf("%s: version %q, error %v", name, installer.PackageVersion, err)
		}
	}
	for _, p := range programs() {
		url := downloads("v1.2.3") + p.name
		if p.os != "windows" {
			if !bytes.Contains(formula, fmt.Appendf(nil, "url %q\n      sha256 %q\n", url, p.sum)) {
				t.Errorf("the formula has no %s with its checksum:\n%s", url, formula)
			}
			continue
		}
		found := false
		for _, i := range installer.Installers {
			found = found || i.URL == url && i.SHA256 == strings.ToUpper(p.sum)
		}
		if !found {
			t.Errorf("WinGet has no %s with its checksum: %+v", url, installer.Installers)
		}
	}
}

func TestABillListsEveryModule(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bill.json")
	if err := writeBill(path, programs()[0], time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	doc, err := json.Read(bytes.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	if doc.CreationInfo.Created != "1970-01-01T00:00:00Z" {
		t.Errorf("made at %s, not when the commit was", doc.CreationInfo.Created)
	}
	var got []string
	for _, p := range doc.Packages {
		got = append(got, p.PackageName+" "+p.PackageVersion)
	}
	want := "github.com/docker-ghacache/docker-ghacache v1.2.3, example.com/a v1.0.0, example.com/b v2.0.0+incompatible"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestAModuleWithoutALicenceIsAnError(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), "package main")
	var text strings.Builder
	if err := appendLicences(&text, "example.com/a v1.0.0", dir); err == nil {
		t.Error("no error")
	}
	for _, name := range []string{"LICENSE", "NOTICE.txt", "COPYING"} {
		write(t, filepath.Join(dir, name), "terms of "+name)
	}
	if err := appendLicences(&text, "example.com/a v1.0.0", dir); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"example.com/a v1.0.0: NOTICE.txt\n\nterms of NOTICE.txt", "terms of LICENSE", "terms of COPYING"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("%q is not in\n%s", part, text.String())
		}
	}
}

// gh takes the first file of a release whose name ends with the platform.
func TestGhFindsTheProgramOfEachPlatform(t *testing.T) {
	dist, all := t.TempDir(), programs()
	for i := range all {
		all[i].path = filepath.Join(dist, all[i].name)
		write(t, all[i].path, all[i].name)
	}
	if err := linkExtension(dist, all); err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		end := p.os + "-" + p.arch
		if p.os == "windows" {
			end += ".exe"
		}
		found, err := filepath.Glob(filepath.Join(dist, "gh-ghacache", "gh-ghacache_v1.2.3_*"+end))
		if err != nil || len(found) != 1 || string(read(t, found[0])) != p.name {
			t.Errorf("%s: %q, %v", end, found, err)
		}
	}
}

func TestAnArchiveOfTheManualHasNothingOfThisMachine(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		write(t, filepath.Join(dir, "a.1"), ".TH A")
		write(t, filepath.Join(dir, "b.1"), ".TH B")
	}
	if err := os.Chtimes(filepath.Join(second, "a.1"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	a, err := archiveOf(first, time.Unix(100, 0))
	if err != nil {
		t.Fatal(err)
	}
	b, err := archiveOf(second, time.Unix(100, 0))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("two archives of the same pages differ: %v", err)
	}
}

func TestACloneHasWhatIsChanged(t *testing.T) {
	from, clone := t.TempDir(), filepath.Join(t.TempDir(), "clone")
	git := func(args ...string) {
		t.Helper()
		if err := command(t.Context(), nil, "git", append([]string{"-C", from, "-c", "user.name=n", "-c", "user.email=e"}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(from, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "--quiet")
	for _, name := range []string{"kept", "changed", "staged", "gone"} {
		write(name, "before")
	}
	write(".gitignore", "ignored")
	git("add", ".")
	git("commit", "--quiet", "-m", "m")
	write("changed", "after")
	write("staged", "after")
	git("add", "staged")
	write("a folder/ü", "after")
	write("ignored", "after")
	if err := os.Remove(filepath.Join(from, "gone")); err != nil {
		t.Fatal(err)
	}
	if err := cloneWithChanges(t.Context(), from, clone); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"kept": "before", "changed": "after", "staged": "after", "gone": "", "a folder/ü": "after", "ignored": ""} {
		if got, err := os.ReadFile(filepath.Join(clone, name)); string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, want)
		}
	}
}

func TestCompareFindsAnotherByte(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, name := range []string{"a", "b"} {
		write(t, filepath.Join(first, name), name)
		write(t, filepath.Join(second, name), name)
	}
	if err := compare(first, second); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(second, "b"), "c")
	if err := compare(first, second); err == nil || !strings.HasPrefix(err.Error(), "b ") {
		t.Errorf("got %v", err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
