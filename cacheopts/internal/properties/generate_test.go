package properties

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"pgregory.net/rapid"
)

// optionValue generates values of which many are nearly right.
func optionValue() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"type=gha", "type=registry", "ref", "scope=x", "Mode=max", "=", ",", `"`, `""`, " ", "\n", "\r", "\r\n", "a", "user/app", "é", "İ", "\x80"}),
		rapid.String(),
	)
	free := rapid.Map(rapid.SliceOfN(piece, 0, 8), func(parts []string) string { return strings.Join(parts, "") })
	fields := rapid.Map(rapid.SliceOfN(piece, 1, 5), func(parts []string) string { return strings.Join(parts, ",") })
	quoted := rapid.Map(rapid.SliceOfN(piece, 0, 4), func(parts []string) string {
		return `type=gha,"` + strings.ReplaceAll(strings.Join(parts, ","), `"`, `""`) + `=v"`
	})
	return rapid.OneOf(free, fields, quoted)
}

// secretValue is a token that can be in no text by accident.
const secretValue = "S3cr3tS3cr3t"

const (
	runtimeURL   = "http://runtime/v1/"
	runtimeURLV2 = "http://runtime/v2/"
	ownURL       = "http://own/v1/"
	ownURLV2     = "http://own/v2/"
)

func now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// ghaEntry generates entries, most of them of type=gha and well written.
func ghaEntry() *rapid.Generator[cacheopts.Entry] {
	good := map[string][]string{
		"scope": {"a", "b"}, "mode": {"min", "max"}, "version": {"1", "2"}, "timeout": {"1m"}, "ignore-error": {"true", "false"},
		"url": {ownURL, runtimeURL}, "url_v2": {ownURLV2, runtimeURLV2}, "repository": {"o/n"},
		"token": {secretValue, secretValue + "2"}, "ghtoken": {secretValue},
	}
	bad := map[string][]string{
		"scope": {"a,b", "", " a"}, "mode": {"all"}, "version": {"x"}, "timeout": {"0"}, "ignore-error": {"yes"}, "url": {"x"},
		"url_v2": {""}, "repository": {"o"}, "token": {""}, " token": {secretValue}, "tokn": {secretValue}, "other": {"x"}, //nolint:gocritic // a space before a key is a mistake to find
	}
	return rapid.Custom(func(t *rapid.T) cacheopts.Entry {
		e := cacheopts.Entry{Type: rapid.SampledFrom([]string{"gha", "gha", "gha", "gha", "GHA", " gha", "local"}).Draw(t, "type"), Attrs: map[string]string{}}
		for _, key := range slices.Sorted(maps.Keys(good)) {
			if rapid.IntRange(0, 3).Draw(t, "has "+key) == 0 {
				e.Attrs[key] = rapid.SampledFrom(good[key]).Draw(t, key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(bad)) {
			if rapid.IntRange(0, 40).Draw(t, "bad "+key) == 0 {
				e.Attrs[key] = rapid.SampledFrom(bad[key]).Draw(t, key)
			}
		}
		return e
	})
}

// anyRuntime generates surroundings, contradictory ones too.
func anyRuntime() *rapid.Generator[cacheopts.Runtime] {
	maybe := func(t *rapid.T, value string) string {
		return rapid.SampledFrom([]string{value, value, ""}).Draw(t, value)
	}
	return rapid.Custom(func(t *rapid.T) cacheopts.Runtime {
		grant := rapid.SampledFrom([]cacheopts.Grant{{}, {}, {}, {Problem: "x"}, {ReadOnly: "x"}, {NoRead: "x"}, {Expires: now()}}).Draw(t, "grant")
		return cacheopts.Runtime{
			Job: rapid.Bool().Draw(t, "job"), Token: maybe(t, secretValue), URL: maybe(t, runtimeURL), URLV2: maybe(t, runtimeURLV2),
			Version: rapid.IntRange(0, 2).Draw(t, "version"), V1Gone: rapid.Bool().Draw(t, "v1 gone"), V1Only: maybe(t, "Gitea"),
			Repository: maybe(t, "o/n"), GHToken: maybe(t, secretValue+"3"), Now: now(),
			Inspect: func(string) cacheopts.Grant { return grant },
		}
	})
}

func anyRequest() *rapid.Generator[cacheopts.Request] {
	return rapid.Custom(func(t *rapid.T) cacheopts.Request {
		return cacheopts.Request{
			Side:  rapid.SampledFrom([]cacheopts.Side{cacheopts.To, cacheopts.From}).Draw(t, "side"),
			Entry: ghaEntry().Draw(t, "entry"),
			Where: rapid.SampledFrom([]string{"", "app"}).Draw(t, "where"),
		}
	})
}

// environment is what a child of this runtime sees before anything is set.
func environment(t *rapid.T, rt cacheopts.Runtime) map[string]string {
	env := map[string]string{}
	for i, value := range []string{rt.Token, rt.URL, rt.URLV2} {
		name := actionsVariables()[i]
		if value != "" || rapid.Bool().Draw(t, "empty "+name) {
			env[name] = value
		}
	}
	if v := rapid.SampledFrom([]string{"", "0", "1", "true", "yes"}).Draw(t, "service v2"); v != "" {
		env["ACTIONS_CACHE_SERVICE_V2"] = v
	}
	return env
}
