package cacheopts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckNamesTheFix(t *testing.T) {
	const (
		toNames   = "attributes of --cache-to: scope, mode, ignore-error, timeout, version, url_v2, url, token, repository, ghtoken"
		fromNames = "attributes of --cache-from: scope, timeout, version, url_v2, url, token"
	)
	misspelt := func(attr, value, text, hint string) Problem {
		return Problem{CodeMisspeltAttribute, LevelError, attr, value, text, hint}
	}
	bad := func(attr, value, text, hint string) Problem {
		return Problem{CodeBadValue, LevelError, attr, value, text, hint}
	}
	unknownType := func(value, text, hint string) Problem {
		return Problem{CodeMisspeltType, LevelError, "type", value, text, hint}
	}
	tests := []struct {
		name  string
		side  Side
		value string
		want  []Problem
	}{
		{"everything right, to", To, "type=gha,mode=max,scope=x,ignore-error=true,timeout=1m,version=2,url_v2=https://h/,url=http://h:1,token=t,repository=o/n,ghtoken=g", nil},
		{"everything right, from", From, "type=gha,scope=x,timeout=1m30s,version=1,url=http://h,token=t", nil},

		{"a misspelt attribute", To, "type=gha,mod=max", []Problem{
			misspelt("mod", "max", `unknown attribute "mod"; did you mean mode=max?`, "--cache-to type=gha,mode=max")}},
		{"a misspelt attribute with a bad value", To, "type=gha,mod=full", []Problem{
			misspelt("mod", "full", `unknown attribute "mod"; did you mean mode=max?`, "--cache-to type=gha,mode=max")}},
		{"an attribute with another separator", To, "type=gha,ignore_error=true", []Problem{
			misspelt("ignore_error", "true", `unknown attribute "ignore_error"; did you mean ignore-error=true?`, "--cache-to type=gha,ignore-error=true")}},
		{"the beginning of a name", To, "type=gha,repo=o/n", []Problem{
			misspelt("repo", "o/n", `unknown attribute "repo"; did you mean repository=o/n?`, "--cache-to type=gha,repository=o/n")}},
		{"a misspelt token", To, "type=gha,tokn=abc", []Problem{
			misspelt("tokn", "*****", `unknown attribute "tokn"; did you mean token?`, "--cache-to type=gha,token=*****")}},
		{"a misspelling of one that is there", From, "type=gha,scop=y,scope=x", []Problem{
			misspelt("scop", "y", `unknown attribute "scop"; did you mean scope, which is there as well?`, "--cache-from type=gha,scope=x")}},
		{"a space after a comma", To, "type=gha, scope=x,token=t", []Problem{
			misspelt(" scope", "x", `unknown attribute " scope" with white space in its name; did you mean scope=x?`, "--cache-to type=gha,scope=x,token=*****")}},
		{"a space after a key", To, "type=gha,scope =x", []Problem{
			misspelt("scope ", "x", `unknown attribute "scope " with white space in its name; did you mean scope=x?`, "--cache-to type=gha,scope=x")}},
		{"a quote around a key", To, "type=gha,'scope=x", []Problem{
			misspelt("'scope", "x", `unknown attribute "'scope" with a quote in its name; did you mean scope=x?`, "--cache-to type=gha,scope=x")}},
		{"a space and a misspelling", To, "type=gha, scop=x", []Problem{
			misspelt(" scop", "x", `unknown attribute " scop" with white space in its name; did you mean scope=x?`, "--cache-to type=gha,scope=x")}},

		{"an attribute that a later BuildKit may have", To, "type=gha,compression=zstd", []Problem{{
			CodeUnknownAttribute, LevelWarning, "compression", "*****", `this version does not know attribute "compression" of type=gha, and BuildKit ignores what it does not know`, toNames,
		}}},
		{"an unknown attribute with a space before it", From, "type=gha, output=x", []Problem{{
			CodeUnknownAttribute, LevelWarning, " output", "*****", `this version does not know attribute " output" of type=gha, and BuildKit ignores what it does not know`, fromNames,
		}}},
		{"the next version of an attribute is no misspelling", To, "type=gha,url_v3=https://h/", []Problem{{
			CodeUnknownAttribute, LevelWarning, "url_v3", "*****", `this version does not know attribute "url_v3" of type=gha, and BuildKit ignores what it does not know`, toNames,
		}}},
		{"mode is for the export", From, "type=gha,mode=max,scope=x", []Problem{{
			CodeOtherSide, LevelWarning, "mode", "max", "BuildKit reads mode on --cache-to only", "--cache-from type=gha,scope=x",
		}}},
		{"a bad value on the other side is not read either", From, "type=gha,ignore-error=yes", []Problem{{
			CodeOtherSide, LevelWarning, "ignore-error", "yes", "BuildKit reads ignore-error on --cache-to only", "--cache-from type=gha",
		}}},
		{"a misspelt attribute of the other side", From, "type=gha,mod=max", []Problem{{
			CodeOtherSide, LevelWarning, "mod", "max", "BuildKit reads mode on --cache-to only", "--cache-from type=gha",
		}}},
		{"the listing is for the export", From, "type=gha,ghtoken=g,repository=o/n", []Problem{
			{CodeOtherSide, LevelWarning, "ghtoken", "*****", "BuildKit reads ghtoken on --cache-to only", "--cache-from type=gha"},
			{CodeOtherSide, LevelWarning, "repository", "o/n", "BuildKit reads repository on --cache-to only", "--cache-from type=gha"},
		}},

		{"the type in capitals", To, "type=GHA,scope=x", []Problem{unknownType("GHA", `unknown type "GHA"; did you mean type=gha?`, "--cache-to type=gha,scope=x")}},
		{"a space for a comma", To, "type=gha scope=x,mode=max", []Problem{
			unknownType("gha scope=x", `unknown type "gha scope=x"; did you mean type=gha?`, "--cache-to type=gha,mode=max,scope=x")}},
		{"a space for a comma before a token", To, "type=gha token=t", []Problem{
			unknownType("gha token=*****", `unknown type "gha token=*****"; did you mean type=gha?`, "--cache-to type=gha,token=*****")}},
		{"several mistakes have one correction", To, "type= gha,mode=all,scop=x,mode =min", []Problem{
			unknownType(" gha", `unknown type " gha"; did you mean type=gha?`, "--cache-to type=gha,mode=max,scope=x"),
			bad("mode", "all", `mode is min or max, not "all", which BuildKit would take for min`, "--cache-to type=gha,mode=max,scope=x"),
			misspelt("mode ", "min", `unknown attribute "mode " with white space in its name; did you mean mode, which is there as well?`, "--cache-to type=gha,mode=max,scope=x"),
			misspelt("scop", "x", `unknown attribute "scop"; did you mean scope=x?`, "--cache-to type=gha,mode=max,scope=x"),
		}},
		{"a correction keeps what is unknown and drops what is of the other side", From, "type=gha,scope= a,mode=max,new=b", []Problem{
			{CodeOtherSide, LevelWarning, "mode", "max", "BuildKit reads mode on --cache-to only", "--cache-from type=gha,new=*****,scope=a"},
			{CodeUnknownAttribute, LevelWarning, "new", "*****", `this version does not know attribute "new" of type=gha, and BuildKit ignores what it does not know`, fromNames},
			bad("scope", " a", `a scope cannot begin or end with white space: " a"`, "--cache-from type=gha,new=*****,scope=a"),
		}},

		{"a mode with a space", To, "type=gha,mode= Min", []Problem{bad("mode", " Min", `mode is min or max, not " Min", which BuildKit would take for min`, "--cache-to type=gha,mode=min")}},
		{"version 3", To, "type=gha,version=3", []Problem{bad("version", "3", `version is 1 or 2, not "3"`, "--cache-to type=gha,version=2")}},
		{"version v1", To, "type=gha,version=v1", []Problem{bad("version", "v1", `version is 1 or 2, not "v1"`, "--cache-to type=gha,version=1")}},
		{"a timeout without a unit", To, "type=gha,timeout=10", []Problem{bad("timeout", "10", `timeout is a positive duration such as 10m, not "10"`, "--cache-to type=gha,timeout=10m")}},
		{"a negative timeout", To, "type=gha,timeout=-1s", []Problem{bad("timeout", "-1s", `timeout is a positive duration such as 10m, not "-1s"`, "--cache-to type=gha,timeout=10m")}},
		{"ignore-error=yes", To, "type=gha,ignore-error=yes", []Problem{bad("ignore-error", "yes", `ignore-error is true or false, not "yes", which BuildKit would take for false`, "--cache-to type=gha,ignore-error=true")}},
		{"ignore-error=off", To, "type=gha,ignore-error=Off", []Problem{bad("ignore-error", "Off", `ignore-error is true or false, not "Off", which BuildKit would take for false`, "--cache-to type=gha,ignore-error=false")}},
		{"an empty scope", To, "type=gha,scope=", []Problem{bad("scope", "", `a scope cannot be empty; without one, BuildKit uses "buildkit"`, "--cache-to type=gha")}},
		{"a scope with a comma", To, `type=gha,"scope=a,b"`, []Problem{bad("scope", "a,b", `a scope cannot contain a comma: "a,b"`, "--cache-to type=gha,scope=a-b")}},
		{"a scope with a line break", To, "type=gha,scope=a\nb", []Problem{bad("scope", "a\nb", `a scope cannot contain a control character: "a\nb"`, "--cache-to type=gha,scope=a-b")}},
		{"a scope with a space before it", To, "type=gha,scope= a", []Problem{bad("scope", " a", `a scope cannot begin or end with white space: " a"`, "--cache-to type=gha,scope=a")}},
		{"a scope that is not UTF-8", To, "type=gha,scope=\x80", []Problem{bad("scope", "\x80", `a scope is UTF-8, not "\x80"`, "--cache-to type=gha,scope=-")}},
		{"the longest scope", To, "type=gha,scope=" + strings.Repeat("ä", maxScope), nil},
		{"a scope that is too long", To, "type=gha,scope=" + strings.Repeat("ä", maxScope+1), []Problem{bad("scope", strings.Repeat("ä", maxScope+1),
			"a scope has at most 482 characters, and this one 483: a key of the cache service has at most 512", "--cache-to type=gha,scope=NAME")}},
		{"empty tokens", To, "type=gha,token=,ghtoken=", []Problem{
			bad("ghtoken", "", "ghtoken is empty", "--cache-to type=gha"),
			bad("token", "", "token is empty", "--cache-to type=gha"),
		}},
		{"a token with a line break", To, "type=gha,\"token=abc\n\"", []Problem{bad("token", "*****", "token contains white space", "--cache-to type=gha,token=*****")}},
		{"an empty URL", To, "type=gha,url=", []Problem{bad("url", "", `url is an absolute http or https URL, not ""`, "--cache-to type=gha")}},
		{"a URL without scheme", To, "type=gha,url_v2=localhost:80", []Problem{bad("url_v2", "localhost:80", `url_v2 is an absolute http or https URL, not "localhost:80"`, "--cache-to type=gha,url_v2=https://HOST/")}},
		{"a repository by URL", To, "type=gha,repository=https://github.com/o/n", []Problem{bad("repository", "https://github.com/o/n", `repository is owner/name, not "https://github.com/o/n"`, "--cache-to type=gha,repository=o/n")}},
		{"a repository without its owner", To, "type=gha,repository=n", []Problem{bad("repository", "n", `repository is owner/name, not "n"`, "--cache-to type=gha,repository=OWNER/NAME")}},

		{"a bare gha", To, "gha", []Problem{{CodeBareGHA, LevelWarning, "", "gha", `buildx reads "gha" as the name of an image, not as a type`, "--cache-to type=gha"}}},
		{"a bare gha among references", From, "GHA", []Problem{{CodeBareGHA, LevelWarning, "", "GHA", `buildx reads "GHA" as the name of an image, not as a type`, "--cache-from type=gha"}}},
		{"the full name of the image", From, "docker.io/library/gha", nil},
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
	for _, name := range []string{"", "x", "src", "ref", "dest", "compression", "image-manifest", "output", "url_v3", "version2", "token2"} {
		if near := nearest(name); near.Name != "" {
			t.Errorf("%q is taken for %s", name, near.Name)
		}
	}
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
				if problem.Code == "" || problem.Level == "" || problem.Text == "" || problem.Hint == "" || strings.ContainsAny(problem.Text, "\r\n") {
					t.Fatalf("%q: %+v is no problem to show", value, problem)
				}
			}
		}
	})
}
