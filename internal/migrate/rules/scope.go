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

// everyTarget judges *.cache-to=type=gha of bake, which gives all targets one
// scope. An entry with a scope is mostly meant for the one target that is built.
func everyTarget(e scan.Entry) []Finding {
	scope := source.Scope(e.Text.Value)
	if !strings.Contains(e.Word.Value[:e.At], "*.cache-to") || scope != cacheopts.DefaultScope {
		return nil
	}
	return Finding{Rule: SharedScope, Certainty: Advice, Text: e.Word.Value,
		Why:   fmt.Sprintf("every target writes scope %q, and the last one overwrites the others", scope),
		NoFix: "give each target its own scope"}.at(e.Word, 0)
}
