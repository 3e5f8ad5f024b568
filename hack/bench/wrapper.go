package main

import (
	"fmt"
	"os"
	"slices"
)

// pairs is how many times a command is compared with buildx's.
const pairs = 15

// wrapperRows measure what the plugin adds to buildx's own commands. The builder
// has all steps in its cache, so that the build itself takes little time.
func wrapperRows() []row {
	remote, container := os.Getenv("REMOTE_BUILDER"), os.Getenv("CONTAINER_BUILDER")
	caches := []string{"--cache-to", "type=gha,mode=max,scope=bench", "--cache-from", "type=gha,scope=bench"}
	build := func(builder string, more ...string) []string {
		return slices.Concat([]string{"build", "--builder", builder, "--file", "hack/example/Dockerfile"}, more, []string{"."})
	}
	return []row{
		{"`build` of a cached image on the remote driver, in times of buildx's", besideBuildx(build(remote, caches...)), atMost(1.25)},
		{"the same on the docker-container driver", besideBuildx(build(container, caches...)), atMost(1.25)},
		{"the same on the remote driver through a relay", beside([]string{"env", "GHACACHE_RELAY=require"}, build(remote, caches...)), atMost(1.35)},
		{"`bake` of two cached targets", besideBuildx([]string{"bake", "--builder", remote}), atMost(1.25)},
		{"`build` without a gha cache, passed through", besideBuildx(build(remote)), atMost(1.25)},
		{"completion of a flag of `build`", besideBuildx([]string{"build", "--cache-"}, "__complete"), atMost(1.25)},
	}
}

const bakeFile = `group "default" { targets = ["one", "two"] }
target "base" {
  dockerfile = "hack/example/Dockerfile"
}
target "one" {
  inherits   = ["base"]
  cache-to   = ["type=gha,mode=max,scope=one"]
  cache-from = ["type=gha,scope=one"]
}
target "two" {
  inherits   = ["base"]
  target     = "work"
  cache-to   = ["type=gha,mode=max,scope=two"]
  cache-from = ["type=gha,scope=two"]
}
`

// besideBuildx compares a command of the plugin with buildx's same command, in a
// folder with the files to build. before are docker's own words.
func besideBuildx(words []string, before ...string) func() (float64, error) {
	return beside(nil, words, before...)
}

// beside is besideBuildx with words before those of the plugin.
func beside(plugin, words []string, before ...string) func() (float64, error) {
	return func() (float64, error) {
		dir, err := os.MkdirTemp("", "ghacache-bench-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		if err := compileExample(dir); err != nil {
			return 0, err
		}
		if err := os.MkdirAll(dir+"/hack/example", 0o700); err != nil {
			return 0, err
		}
		dockerfile, err := os.ReadFile("hack/example/Dockerfile")
		if err != nil {
			return 0, err
		}
		for name, content := range map[string][]byte{"hack/example/Dockerfile": dockerfile, "docker-bake.hcl": []byte(bakeFile)} {
			if err := os.WriteFile(dir+"/"+name, content, 0o600); err != nil {
				return 0, fmt.Errorf("writing the files to build: %w", err)
			}
		}
		docker := append([]string{"docker"}, before...)
		return ratio(pairs, dir, slices.Concat(plugin, docker, []string{"ghacache"}, words), slices.Concat(docker, []string{"buildx"}, words))
	}
}
