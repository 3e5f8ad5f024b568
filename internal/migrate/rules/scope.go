package rules

import (
	"fmt"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

// sharedScopes finds builds of different images in a file that export to one scope:
// each overwrites the index of the other.
func sharedScopes(exports []scan.Export) (out []Finding) {
	images := map[string]string{}
	for _, x := range exports {
		other, seen := images[x.Scope]
		var why string
		switch {
		case strings.Contains(x.Image, "matrix.") && !strings.Contains(x.Scope, "${{"):
			why = fmt.Sprintf("every job of the matrix overwrites the cache in scope %q", x.Scope)
		case seen && other != x.Image:
			why = fmt.Sprintf("this file caches another image in scope %q: each build overwrites the other's cache", x.Scope)
		default:
			images[x.Scope] = x.Image
			continue
		}
		out = append(out, Finding{Rule: SharedScope, Certainty: Advice, Text: x.Text.Value, Why: why,
			NoFix: "give each image its own scope"}.at(x.Text, x.At)...)
	}
	return out
}

// overridden judges TARGET.cache-to=type=gha of bake: one scope for whatever it builds.
// That is right for one target, and wrong for several, or for the jobs of a matrix.
func overridden(p *scan.Page, e scan.Entry) []Finding {
	pattern, _, ok := strings.Cut(e.Word.Value[:e.At], ".cache-to")
	if pattern = strings.TrimLeft(pattern, `"'`); !ok || strings.ContainsAny(pattern, " /\n") {
		return nil
	}
	call, scope := p.BakeAt(e.Word.Pos(strings.Index(e.Word.Value, ".cache-to"))), source.Scope(e.Text.Value)
	whole := strings.Contains(pattern, "*") || strings.HasPrefix(pattern, "_")
	one := len(call.Targets) == 1 && call.Targets[0] != "default"
	fd := Finding{Rule: SharedScope, Certainty: Advice, Text: e.Word.Value, NoFix: "give each target its own scope"}
	switch {
	case call.Matrix && !e.Text.Varies() && !strings.Contains(e.Text.Value, "${{"):
		fd.Why = fmt.Sprintf("every job of the matrix overwrites the cache in scope %q", scope)
	case !whole || one || call.Matrix || scope != cacheopts.DefaultScope && len(call.Targets) < 2:
		return nil
	default:
		fd.Why = fmt.Sprintf("every target writes scope %q, and the last one overwrites the others", scope)
	}
	return fd.at(e.Word, 0)
}
