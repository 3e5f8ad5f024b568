package migrate

import "regexp"

// word looks for everything that can stand in one word of any file: images,
// downloads, cache entries, variables. Key is the YAML key it is under.
func (f *file) word(t text, key string) {
	f.images(t)
	f.downloads(t)
	f.entry(t)
	f.flag(t)
	f.cacheURL(t, key)
	f.noV2(t)
}

var vcpkgRE = regexp.MustCompile(`\bx-gha\b`)

func (f *file) noV2(t text) {
	if at := vcpkgRE.FindStringIndex(t.value); at != nil {
		f.report(t, at[0], Finding{Rule: ruleNoV2, Certainty: Conditional, Text: "x-gha",
			Why: "vcpkg's x-gha provider was written for version 1", NoFix: "use another binary cache, as the newer vcpkg asks for",
		})
	}
}
