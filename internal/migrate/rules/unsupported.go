package rules

import (
	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var vcpkgRE = lazyregexp.New(`\bx-gha\b`)

// vcpkg looks for vcpkg's provider of binaries.
func vcpkg(t source.Text) []Finding {
	if !names(t.Value, "x-gha") {
		return nil
	}
	at := vcpkgRE().FindStringIndex(t.Value)
	if at == nil {
		return nil
	}
	return Finding{Rule: NoV2, Certainty: Conditional, Text: "x-gha",
		Why: "vcpkg's x-gha provider supports version 1 only", NoFix: "use another binary cache, as newer releases of vcpkg require",
	}.at(t, at[0])
}

// dagger looks for a gha cache of Dagger in an env:.
func dagger(env scan.Env) (out []Finding) {
	for name, value := range env.Pairs() {
		if name.Value == "_EXPERIMENTAL_DAGGER_CACHE_CONFIG" && source.FindGHA(value.Value) != nil {
			out = append(out, Finding{Rule: NoV2, Certainty: Conditional, Text: value.Value,
				Why: "no known version of Dagger supports version 2 of the cache service", NoFix: "use another cache"}.at(value, 0)...)
		}
	}
	return out
}
