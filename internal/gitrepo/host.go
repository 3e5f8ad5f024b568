package gitrepo

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/process"
)

// remoteRE finds the host in both of git's ways to write an address.
var remoteRE = lazyregexp.New(`^(?:(https?)://(?:[^@/]*@)?|(?:ssh|git)://(?:[^@/]*@)?|[^@/:]+@)([A-Za-z0-9][A-Za-z0-9.-]*)`)

// Host is the host of the remote that a file or folder is fetched from, in lower
// case, "" if there is none or git does not tell. A host that is an alias of ssh's
// configuration is the one behind it.
func Host(ctx context.Context, environ []string, path string) string {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		path = filepath.Dir(path)
	}
	address := outputOf(ctx, environ, "git", "-C", path, "ls-remote", "--get-url")
	found := remoteRE().FindStringSubmatch(address)
	if found == nil {
		return ""
	}
	host := found[2]
	if found[1] == "" {
		host = hostBehind(outputOf(ctx, environ, "ssh", "-G", host), host)
	}
	return strings.ToLower(host)
}

// HostOf is the one host of files and folders, see [Host]: otherwise, where none has a
// remote; empty, where they are on different ones.
func HostOf(ctx context.Context, environ, paths []string, otherwise string) string {
	host := ""
	for i, path := range paths {
		remote := Host(ctx, environ, path)
		if i > 0 && remote != host {
			return ""
		}
		host = remote
	}
	return cmp.Or(host, otherwise)
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
func outputOf(ctx context.Context, environ []string, name string, args ...string) string {
	path, err := process.Find(name)
	if err != nil {
		return ""
	}
	stdout, _, err := process.Output(ctx, process.Command{Path: path, Args: args, Env: environ})
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(stdout))
}
