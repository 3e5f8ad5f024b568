package cacheopts

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCheckNamesTheFix(t *testing.T) {
	tests := []struct {
		name  string
		side  Side
		value string
		want  []Problem
	}{
		{"everything right, to", To, "type=gha,mode=max,scope=x,ignore-error=true,timeout=1m,version=2,url_v2=https://h/,url=http://h:1,token=t,repository=o/n,ghtoken=g", nil},
		{"everything right, from", From, "type=gha,scope=x,timeout=1m30s,version=1,url=http://h,token=t", nil},
		{"an unknown attribute near a known one", To, "type=gha,scop=x", []Problem{{
			`type=gha has no attribute "scop": it is ignored`, "--cache-to type=gha,scope=x",
		}}},
		{"an unknown attribute with another separator", To, "type=gha,ignore_error=true", []Problem{{
			`type=gha has no attribute "ignore_error": it is ignored`, "--cache-to type=gha,ignore-error=true",
		}}},
		{"the beginning of a name", To, "type=gha,repo=o/n", []Problem{{
			`type=gha has no attribute "repo": it is ignored`, "--cache-to type=gha,repository=o/n",
		}}},
		{"an unknown attribute near none", From, "type=gha,dest=x", []Problem{{
			`type=gha has no attribute "dest": it is ignored`, "attributes of --cache-from: scope, timeout, version, url_v2, url, token",
		}}},
		{"a misspelling of one that is there", From, "type=gha,scop=y,scope=x", []Problem{{
			`type=gha has no attribute "scop": it is ignored`, "attributes of --cache-from: scope, timeout, version, url_v2, url, token",
		}}},
		{"mode is for the export", From, "type=gha,mode=max,scope=x", []Problem{{
			"mode has no meaning on --cache-from", "--cache-from type=gha,scope=x",
		}}},
		{"ignore-error is for the export", From, "type=gha,ignore-error=true", []Problem{{
			"ignore-error has no meaning on --cache-from", "--cache-from type=gha",
		}}},
		{"the listing is for the export", From, "type=gha,ghtoken=g,repository=o/n", []Problem{
			{"ghtoken has no meaning on --cache-from", "--cache-from type=gha,repository=o/n"},
			{"repository has no meaning on --cache-from", "--cache-from type=gha,ghtoken=*****"},
		}},
		{"a space before a key", To, "type=gha, scope=x,token=t", []Problem{{
			`attribute " scope" has white space or a quote around its name and is ignored`, "--cache-to type=gha,scope=x,token=*****",
		}}},
		{"a space after a key", To, "type=gha,scope =x", []Problem{{
			`attribute "scope " has white space or a quote around its name and is ignored`, "--cache-to type=gha,scope=x",
		}}},
		{"the type in capitals", To, "type=GHA,scope=x", []Problem{{
			`type "GHA" is not gha: the type is taken literally`, "--cache-to type=gha,scope=x",
		}}},
		{"a space for a comma", To, "type=gha scope=x,mode=max", []Problem{{
			`type "gha scope=x" is not gha: the type is taken literally`, "--cache-to type=gha,mode=max,scope=x",
		}}},
		{"a space for a comma before a token", To, "type=gha token=t", []Problem{{
			`type "gha token=*****" is not gha: the type is taken literally`, "--cache-to type=gha,token=*****",
		}}},
		{"a space before the type's value, and a bad mode", To, "type= gha,mode=all", []Problem{
			{`type " gha" is not gha: the type is taken literally`, "--cache-to type=gha,mode=all"},
			{`mode "all" is neither min nor max, and would be min`, "mode=max"},
		}},
		{"a mode with a space", To, "type=gha,mode= max", []Problem{{`mode " max" is neither min nor max, and would be min`, "mode=max"}}},
		{"version 3", To, "type=gha,version=3", []Problem{{`version "3" is neither 1 nor 2`, "version=2"}}},
		{"version v2", To, "type=gha,version=v2", []Problem{{`version "v2" is neither 1 nor 2`, "version=2"}}},
		{"a timeout without a unit", To, "type=gha,timeout=10", []Problem{{`timeout "10" is not a positive duration`, "timeout=10m"}}},
		{"a negative timeout", To, "type=gha,timeout=-1s", []Problem{{`timeout "-1s" is not a positive duration`, "timeout=10m"}}},
		{"ignore-error=yes", To, "type=gha,ignore-error=yes", []Problem{{`ignore-error "yes" is neither true nor false, and would be false`, "ignore-error=true"}}},
		{"an empty scope", To, "type=gha,scope=", []Problem{{"scope is empty", `scope=NAME, or no scope at all for "buildkit"`}}},
		{"a scope with a comma", To, `type=gha,"scope=a,b"`, []Problem{{`scope "a,b" contains a comma, which no key of the cache service may`, "scope=NAME"}}},
		{"a scope with a line break", To, "type=gha,scope=a\nb", []Problem{{`scope "a\nb" contains a control character`, "scope=NAME"}}},
		{"a scope with a space before it", To, "type=gha,scope= a", []Problem{{`scope " a" begins or ends with white space`, "scope=a"}}},
		{"a scope that is not UTF-8", To, "type=gha,scope=\x80", []Problem{{`scope "\x80" is not UTF-8`, "scope=NAME"}}},
		{"the longest scope", To, "type=gha,scope=" + strings.Repeat("ä", maxScope), nil},
		{"a scope that is too long", To, "type=gha,scope=" + strings.Repeat("ä", maxScope+1), []Problem{{
			"scope is 483 characters long: its keys would exceed the 512 of the cache service", "a scope of at most 482 characters",
		}}},
		{"empty tokens", To, "type=gha,token=,ghtoken=", []Problem{
			{"ghtoken is empty", "leave ghtoken out, or give it a value"},
			{"token is empty", "leave token out, or give it a value"},
		}},
		{"a token with a line break", To, "type=gha,\"token=abc\n\"", []Problem{{"token contains white space", "give token without white space around it"}}},
		{"an empty URL", To, "type=gha,url=", []Problem{{`url "" is not an absolute http or https URL`, "url=https://…"}}},
		{"a URL without scheme", To, "type=gha,url_v2=localhost:80", []Problem{{`url_v2 "localhost:80" is not an absolute http or https URL`, "url_v2=https://…"}}},
		{"a repository by URL", To, "type=gha,repository=https://github.com/o/n", []Problem{{`repository "https://github.com/o/n" is not owner/name`, "repository=OWNER/NAME"}}},
		{"other types are never judged", To, "type=s3, bucket=x,mode=all,scope=", nil},
		{"a reference is never judged", From, "user/gha", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, entry(t, tt.value).Check(tt.side)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheLongestScopeFitsIntoAKey(t *testing.T) {
	key := "index-" + strings.Repeat("s", maxScope) + "-1-f921bd05-sig#99999999"
	if len(key) != 512 {
		t.Errorf("the longest key has %d characters", len(key))
	}
}

func TestNearestFindsNoNameFarAway(t *testing.T) {
	for _, name := range []string{"", "x", "src", "ref", "dest", "compression", "image-manifest"} {
		if near := nearest(name); near.Name != "" {
			t.Errorf("%q is taken for %s", name, near.Name)
		}
	}
}

// secretValue is a token that can be in no text by accident.
const secretValue = "S3cr3tS3cr3t"

// ghaEntry generates entries, most of them of type=gha and well written.
func ghaEntry() *rapid.Generator[Entry] {
	good := map[string][]string{
		"scope": {"a", "b"}, "mode": {"min", "max"}, "version": {"1", "2"}, "timeout": {"1m"}, "ignore-error": {"true", "false"},
		"url": {ownURL, runtimeURL}, "url_v2": {ownURLV2, runtimeURLV2}, "repository": {"o/n"},
		"token": {secretValue, secretValue + "2"}, "ghtoken": {secretValue},
	}
	bad := map[string][]string{
		"scope": {"a,b", "", " a"}, "mode": {"all"}, "version": {"x"}, "timeout": {"0"}, "ignore-error": {"yes"}, "url": {"x"},
		"url_v2": {""}, "repository": {"o"}, "token": {""}, " token": {secretValue}, "tokn": {secretValue}, "other": {"x"}, //nolint:gocritic // a space before a key is a mistake to find
	}
	return rapid.Custom(func(t *rapid.T) Entry {
		e := Entry{Type: rapid.SampledFrom([]string{"gha", "gha", "gha", "gha", "GHA", " gha", "local"}).Draw(t, "type"), Attrs: map[string]string{}}
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

func TestProblemsShowNoToken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ghaEntry().Draw(t, "entry")
		for _, side := range []Side{To, From} {
			for _, problem := range e.Check(side) {
				if strings.Contains(problem.Text+problem.Hint, secretValue) {
					t.Fatalf("%+v shows a token", problem)
				}
			}
		}
		if strings.Contains(e.String(), secretValue) || strings.Contains(Redact(e.Value()), secretValue) {
			t.Fatalf("%s shows a token", e.String())
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"type=gha,scope=x", "type= GHA, scop=x,mode=all", "type=gha,url=::,timeout=x", "type=gha,token=,ghtoken=x,repository=/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		entries, err := Parse(value)
		if err != nil {
			return
		}
		for _, e := range entries {
			for _, problem := range append(e.Check(To), e.Check(From)...) {
				if problem.Text == "" || problem.Hint == "" || strings.ContainsAny(problem.Text, "\r\n") {
					t.Fatalf("%q: %+v is no problem to show", value, problem)
				}
			}
		}
	})
}
