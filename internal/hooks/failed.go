package hooks

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/actions"
	"github.com/docker-ghacache/docker-ghacache/internal/builders"
	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
	"github.com/docker/cli/cli/command"
)

// Failed is the command that docker asks about. docker passes on neither the build's error nor the values of
// flags, so the command line is that of docker itself, which started this process.
type Failed struct {
	Docker command.Cli
	Lookup actions.Lookup
	Now    time.Time
	Words  []string  // after docker's global flags, such as "buildx build ."; nil where nothing tells
	Began  time.Time // zero where nothing tells
}

// flag is the last value of a flag.
func (c Failed) flag(name string) (value string, given bool) {
	for _, arg := range cacheopts.ScanBuild(c.Words) {
		if arg.Name == name && arg.HasValue {
			value, given = arg.Value, true
		}
	}
	return value, given
}

// builder is the name of the builder of the command; empty means the current one.
func (c Failed) builder() string {
	name, given := c.flag("builder")
	return builders.Chosen(c.Lookup, name, given)
}

// Cause explains the failure by BuildKit's history. A build that is not there failed before it began: then only what
// buildx or BuildKit refuse for a gha cache can be told.
func (c Failed) Cause(ctx context.Context) (diagnose.Finding, bool) {
	name := c.builder()
	message := c.recorded(ctx, name)
	if message == "" {
		message = c.refusal(ctx, name)
	}
	if message == "" {
		return diagnose.Finding{}, false
	}
	return diagnose.ExplainError(message)
}

// recorded is the error of the build in BuildKit's history; empty for none.
func (c Failed) recorded(ctx context.Context, builder string) string {
	if c.Began.IsZero() {
		return builders.LastFailure(ctx, c.Docker, builder, c.Now)
	}
	return builders.Failure(ctx, c.Docker, builder, c.Began)
}

// refusal is the error with which the command cannot have been spared, in the order in which buildx and BuildKit look;
// empty for none.
func (c Failed) refusal(ctx context.Context, name string) string {
	requests, quoted := c.requests()
	if len(requests) == 0 && quoted == "" {
		return ""
	}
	builder, err := builders.Resolve(ctx, c.Docker, name)
	switch {
	case err != nil && strings.HasSuffix(err.Error(), "not found"):
		return fmt.Sprintf("no builder %q found", name)
	case err != nil:
		return ""
	}
	return cmp.Or(cannotExport(builder, requests), quoted, c.expired(requests))
}

// requests are the gha entries of the command. For an entry whose type buildx does not find, because quotes hide it,
// quoted is what BuildKit says of it.
func (c Failed) requests() (requests []cacheopts.Request, quoted string) {
	almostGHA := regexp.MustCompile(`(?i)\bgha\b`)
	for _, arg := range cacheopts.ScanBuild(c.Words) {
		entries, err := cacheopts.Parse(arg.Value)
		if arg.Side() == 0 || err != nil || len(entries) != 1 {
			continue
		}
		switch entry := entries[0]; {
		case entry.GHA():
			requests = append(requests, cacheopts.Request{Side: arg.Side(), Entry: entry})
		case entry.Type != "registry" && almostGHA.MatchString(entry.Type):
			quoted = cmp.Or(quoted, fmt.Sprintf("unknown cache exporter: %q", entry.Type))
		}
	}
	return requests, quoted
}

// cannotExport is buildx's refusal of a cache that the docker driver cannot export.
func cannotExport(b *builders.Builder, requests []cacheopts.Request) string {
	exports := slices.ContainsFunc(requests, func(r cacheopts.Request) bool { return r.Side == cacheopts.To })
	if !exports || b.Driver != "docker" || slices.ContainsFunc(b.Nodes, func(n builders.Node) bool { return n.Err != nil || n.Engine.ContainerdStore }) {
		return ""
	}
	return "Cache export is not supported for the docker driver."
}

// expired is BuildKit's refusal of a token.
func (c Failed) expired(requests []cacheopts.Request) string {
	result := cacheopts.Complete(requests, actions.FromEnv(c.Lookup).CacheRuntime(c.Now), cacheopts.Options{})
	for _, note := range result.Notes {
		if note.Code == cacheopts.CodeExpiredToken {
			return "failed to configure gha cache exporter: cache token expired at " + strings.Join(note.Values, " ")
		}
	}
	return ""
}
