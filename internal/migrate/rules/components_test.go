package rules_test

import (
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/migrate/rules"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan/scantest"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

func TestImages(t *testing.T) {
	run(t, []string{rules.BuildxVersion, rules.BuildKitImage, rules.EngineVersion, rules.RunnerVersion}, rules.Options{}, []example{
		{"an old BuildKit, on its command line", source.Shell, "docker buildx create --driver-opt image=moby/buildkit:v0.12.5 --use\n", []string{
			`1 certain moby/buildkit:v0.12.5: "v0.12.5" to "v{buildkit}"`,
		}},
		{"BuildKit of a moving tag", source.Shell, "docker run moby/buildkit:buildx-stable-1\n", nil},
		{"BuildKit that is new enough", source.Shell, "docker run moby/buildkit:v0.34.0\n", nil},
		{"BuildKit that loses its download URLs", source.Shell, "docker run moby/buildkit:v0.21.0\n", []string{
			`1 advice moby/buildkit:v0.21.0: "v0.21.0" to "v{buildkit}"?`,
		}},
		{"a rootless variant keeps its suffix", source.Shell, "docker run moby/buildkit:v0.11.0-rootless\n", []string{
			`1 certain moby/buildkit:v0.11.0-rootless: "v0.11.0" to "v{buildkit}"`,
		}},
		{"a mirror may lack the new tag", source.Shell, "docker run registry.example:5000/moby/buildkit:v0.11.0\n", []string{
			`1 certain registry.example:5000/moby/buildkit:v0.11.0: "v0.11.0" to "v{buildkit}"?`,
		}},
		{"tag and digest", source.Shell, "docker run moby/buildkit:v0.11.0@sha256:0123456789abcdef\n", []string{
			`1 certain moby/buildkit:v0.11.0@sha256:0123456789abcdef: it is pinned by digest: take tag and digest of the new image`,
		}},
		{"a digest alone", source.Shell, "docker run moby/buildkit@sha256:0123456789abcdef\n", []string{
			`1 advice moby/buildkit@sha256:0123456789ab: check that it is BuildKit v0.20.0 or newer`,
		}},
		{"a tag from a variable that nothing sets", source.Shell, "docker run moby/buildkit:$TAG\n", []string{
			`1 advice moby/buildkit:$TAG: check that it is BuildKit v0.20.0 or newer`,
		}},
		{"a tag from a variable that the script sets", source.Shell, "TAG=v0.11.0\ndocker run moby/buildkit:$TAG\n", []string{
			`1 certain moby/buildkit:v0.11.0: "v0.11.0" to "v{buildkit}"`,
		}},
		{"Engines of a workflow's services", source.Workflow, job("      - run: docker run docker:24-dind\n      - run: docker run docker:28.0.1\n      - run: docker run docker:dind\n"), []string{
			`6 certain docker:24-dind: "24" to "{engine major}"?`,
		}},
		{"another image that is called docker", source.Shell, "docker run example/docker:24\n", nil},
		{"Buildx copied into an image", source.Dockerfile, "FROM alpine\nCOPY --from=docker/buildx-bin:0.11.2 /buildx /usr/bin/\n", []string{
			`2 certain docker/buildx-bin:0.11.2: "0.11.2" to "{buildx}"`,
		}},
		{"a runner's image", source.Dockerfile, "FROM ghcr.io/actions/actions-runner:2.311.0\n", []string{
			`1 certain ghcr.io/actions/actions-runner:2.311.0: "2.311.0" to "{runner}"`,
		}},
	})
}

func TestDownloads(t *testing.T) {
	run(t, []string{rules.BuildxVersion, rules.ComposeVersion, rules.RunnerVersion, rules.SccacheVersion}, rules.Options{}, []example{
		{"Buildx, with the version in path and name", source.Shell, "curl -LO https://github.com/docker/buildx/releases/download/v0.11.2/buildx-v0.11.2.linux-amd64\n", []string{
			`1 certain docker/buildx/releases/download/v0.11.2/buildx-v0.11.2.linux-amd64: "v0.11.2" to "v{buildx}", "v0.11.2" to "v{buildx}"`,
		}},
		{"a checksum that may be that of the download", source.Shell, "curl -LO https://github.com/docker/buildx/releases/download/v0.11.2/buildx-v0.11.2.linux-amd64\necho 0123 buildx | sha256sum -c\n", []string{
			`1 certain docker/buildx/releases/download/v0.11.2/buildx-v0.11.2.linux-amd64: "v0.11.2" to "v{buildx}", "v0.11.2" to "v{buildx}"?`,
		}},
		{"a version in a variable", source.Make, "BUILDX := v0.11.2\nbuildx:\n\tcurl -LO https://github.com/docker/buildx/releases/download/$(BUILDX)/buildx-$(BUILDX).linux-amd64\n", []string{
			`1 certain docker/buildx/releases/download/v0.11.2/buildx-v0.11.2.linux-amd64: "v0.11.2" to "v{buildx}", "v0.11.2" to "v{buildx}"?`,
		}},
		{"a version that nothing tells", source.Shell, "curl -LO https://github.com/docker/buildx/releases/download/$V/buildx-$V.linux-amd64\n", []string{
			`1 advice docker/buildx/releases/download/$V/buildx-$V.linux-amd64: check that it is Docker Buildx v0.21.0 or newer`,
		}},
		{"Compose 1 has other file names", source.Shell, "curl -LO https://github.com/docker/compose/releases/download/1.29.2/docker-compose-Linux-x86_64\n", []string{
			`1 certain docker/compose/releases/download/1.29.2/docker-compose-Linux-x86_64: Compose 1 has other file names: take Compose v2.40.3`,
		}},
		{"Compose 2", source.Dockerfile, "FROM alpine\nADD https://github.com/docker/compose/releases/download/v2.20.0/docker-compose-linux-x86_64 /compose\n", []string{
			`2 certain docker/compose/releases/download/v2.20.0/docker-compose-linux-x86_64: "v2.20.0" to "v2.40.3"`,
		}},
		{"a runner", source.Dockerfile, "FROM alpine\nADD https://github.com/actions/runner/releases/download/v2.311.0/actions-runner-linux-x64-2.311.0.tar.gz /\n", []string{
			`2 certain actions/runner/releases/download/v2.311.0/actions-runner-linux-x64-2.311.0.tar.gz: "v2.311.0" to "v{runner}", "2.311.0" to "{runner}"`,
		}},
		{"sccache without its GHA backend is advice", source.Shell, "curl -LO https://github.com/mozilla/sccache/releases/download/v0.7.4/sccache-v0.7.4-x86_64.tar.gz\n", []string{
			`1 advice mozilla/sccache/releases/download/v0.7.4/sccache-v0.7.4-x86_64.tar.gz: "v0.7.4" to "v{sccache}", "v0.7.4" to "v{sccache}"`,
		}},
		{"sccache with its GHA backend", source.Shell, "export SCCACHE_GHA_ENABLED=on\ncurl -LO https://github.com/mozilla/sccache/releases/download/v0.7.4/sccache-v0.7.4-x86_64.tar.gz\n", []string{
			`2 certain mozilla/sccache/releases/download/v0.7.4/sccache-v0.7.4-x86_64.tar.gz: "v0.7.4" to "v{sccache}", "v0.7.4" to "v{sccache}"`,
		}},
		{"another project", source.Shell, "curl -LO https://github.com/example/buildx/releases/download/v0.1.0/buildx\n", nil},
	})
}

func TestVersionsInInputs(t *testing.T) {
	with := func(uses, input string) string {
		return job("      - uses: " + uses + "\n        with:\n          " + input + "\n")
	}
	run(t, []string{rules.BuildxVersion, rules.EngineVersion, rules.ComposeVersion, rules.SccacheVersion}, rules.Options{}, []example{
		{"an old Buildx", source.Workflow, with("docker/setup-buildx-action@v3", "version: v0.12.0"), []string{
			`8 certain v0.12.0: "v0.12.0" to "v{buildx}"`,
		}},
		{"latest", source.Workflow, with("docker/setup-buildx-action@v3", "version: latest"), nil},
		{"a fork takes the same input", source.Workflow, with("example/setup-buildx-action@v3", "version: 'v0.12.0'"), []string{
			`8 certain v0.12.0: "v0.12.0" to "v{buildx}"`,
		}},
		{"a line of Docker's own", source.Workflow, with("docker/setup-buildx-action@v3", "version: lab:v0.12.0-desktop.1"), []string{
			`8 certain lab:v0.12.0-desktop.1: releases of this line have numbers of their own`,
		}},
		{"a tag of a Git URL", source.Workflow, with("docker/setup-buildx-action@v3", "version: https://github.com/docker/buildx.git#v0.12.0"), []string{
			`8 certain https://github.com/docker/buildx.git#v0.12.0: "v0.12.0" to "v{buildx}"`,
		}},
		{"a branch of a Git URL", source.Workflow, with("docker/setup-buildx-action@v3", "version: https://github.com/docker/buildx.git#master"), nil},
		{"an Engine as an archive", source.Workflow, with("docker/setup-docker-action@v4", "version: type=archive,version=v27.5.1,channel=stable"), []string{
			`8 certain type=archive,version=v27.5.1,channel=stable: "v27.5.1" to "v{engine}"?`,
		}},
		{"Compose", source.Workflow, with("docker/setup-compose-action@v1", "version: v2.30.0"), []string{
			`8 certain v2.30.0: "v2.30.0" to "v2.40.3"`,
		}},
		{"sccache", source.Workflow, with("mozilla-actions/sccache-action@v0.0.9", "version: v0.7.4"), []string{
			`8 advice v0.7.4: "v0.7.4" to "v{sccache}"`,
		}},
		{"one value of a matrix", source.Workflow, "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n        v: [v0.12.0, v0.30.0]\n    steps:\n      - uses: docker/setup-buildx-action@v3\n        with:\n          version: ${{ matrix.v }}\n", []string{
			`7 certain v0.12.0: "v0.12.0" to "v{buildx}"?`,
		}},
		{"a key that is there twice", source.Workflow, with("docker/setup-buildx-action@v3", "version: v0.12.0\n          version: v0.13.0"), []string{
			`9 certain v0.13.0: the mapping has this key twice`,
		}},
		{"an expression that nothing resolves", source.Workflow, with("docker/setup-buildx-action@v3", "version: ${{ vars.BUILDX }}"), []string{
			`8 advice ${{ vars.BUILDX }}: check that it is Docker Buildx v0.21.0 or newer`,
		}},
		{"an input of another action", source.Workflow, with("actions/setup-node@v4", "version: v0.12.0"), nil},
	})
}

func TestHandedVersions(t *testing.T) {
	action := scantest.Read(t, source.Action, "inputs: { buildx: {}, kit: {}, other: {} }\nruns:\n  using: composite\n  steps:\n    - uses: docker/setup-buildx-action@v3\n      with:\n        version: ${{ inputs.buildx }}\n        driver-opts: image=moby/buildkit:${{ inputs.kit }}\n")
	src := job("      - uses: ./.github/actions/setup\n        with:\n          buildx: v0.12.0\n          kit: v0.34.0\n          other: v0.1.0\n")
	workflow := scantest.Read(t, source.Workflow, src)
	sinks := rules.Sinks(action)
	if len(sinks) != 2 || len(workflow.Calls) != 1 {
		t.Fatalf("%d sinks and %d calls, want 2 and 1", len(sinks), len(workflow.Calls))
	}
	got := lines(src, rules.Handed(workflow.Calls[0], sinks, []byte(src), false))
	if want := newest().Replace(`8 certain v0.12.0: "v0.12.0" to "v{buildx}"`); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
