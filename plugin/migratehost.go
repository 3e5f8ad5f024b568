package plugin

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheclient"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

// repositoryHost is the host of the repository that paths are in: that of its
// remote, else the job's. It is empty if nothing tells, or they tell different
// things.
func repositoryHost(ctx context.Context, env *Env, paths []string) string {
	host := ""
	for i, path := range paths {
		remote := remoteHost(ctx, env, path)
		if i > 0 && remote != host {
			return ""
		}
		host = remote
	}
	job := env.runtime()
	if host != "" || job.Repository == "" {
		return host
	}
	target, err := cacheclient.Sources{Repository: job.Repository, APIURL: job.APIURL, Lookup: env.Lookup}.Target()
	if err != nil {
		return ""
	}
	return target.Host
}

// remoteRE finds the host in both of git's ways to write an address.
var remoteRE = regexp.MustCompile(`^(?:(https?)://(?:[^@/]*@)?|(?:ssh|git)://(?:[^@/]*@)?|[^@/:]+@)([A-Za-z0-9][A-Za-z0-9.-]*)`)

// remoteHost asks git, which needs no login for that, unlike gh.
func remoteHost(ctx context.Context, env *Env, path string) string {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		path = filepath.Dir(path)
	}
	address := outputOf(ctx, env, "git", "-C", path, "ls-remote", "--get-url")
	found := remoteRE.FindStringSubmatch(address)
	if found == nil {
		return ""
	}
	host := found[2]
	if found[1] == "" {
		host = hostBehind(outputOf(ctx, env, "ssh", "-G", host), host)
	}
	return strings.ToLower(host)
}

// hostBehind is the host that an alias of ssh's configuration stands for.
func hostBehind(config, alias string) string {
	for line := range strings.Lines(config) {
		if host, ok := strings.CutPrefix(line, "hostname "); ok {
			return strings.TrimSpace(host)
		}
	}
	return alias
}

// outputOf is what a program on PATH prints, empty if it fails.
func outputOf(ctx context.Context, env *Env, name string, args ...string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	stdout, _, err := process.Output(ctx, process.Command{Path: path, Args: args, Env: env.Environ()})
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(stdout))
}
