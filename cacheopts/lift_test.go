package cacheopts

import (
	"slices"
	"testing"
)

func TestCompleteListing(t *testing.T) {
	full := []string{"type=gha,ghtoken=gh,repository=o/n,url_v2=" + runtimeURLV2 + ",version=2"}
	tests := []completeTest{
		{name: "repository brings ghtoken", reqs: []string{"to type=gha,repository=o/n"}, want: full},
		{name: "ghtoken brings repository", reqs: []string{"to type=gha,ghtoken=gh"}, want: full},
		{name: "both are given", runtime: outsideListing, reqs: []string{"to type=gha,repository=o/n,ghtoken=gh"}, want: full},
		{name: "repository without any token", runtime: outsideListing, reqs: []string{"to type=gha,repository=o/n"}, want: []string{v2},
			notes: []said{{LevelWarning, "building without repository: BuildKit uses it with ghtoken only", "ghtoken=TOKEN"}}},
		{name: "ghtoken without any repository", runtime: outsideListing, reqs: []string{"to type=gha,ghtoken=gh"}, want: []string{v2},
			notes: []said{{LevelWarning, "building without ghtoken: BuildKit uses it with repository only", "repository=OWNER/NAME"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func outsideListing(rt *Runtime) { rt.Repository, rt.GHToken = "", "" }

func TestCompleteNamesTheEntryOfABadToken(t *testing.T) {
	tests := []completeTest{
		{name: "one entry of a build", reqs: []string{"to type=gha,scope=x,token=abc", "from type=gha"}, want: []string{"-", v2},
			notes: []said{{LevelError, "--cache-to: token is not a JWT", "--cache-to type=gha,scope=x"}}},
		{name: "targets of bake", reqs: []string{"a/to type=gha,token=abc", "b/to type=gha,token=abc,scope=b"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelError, `cache-to of targets "a" and "b": token is not a JWT`, "type=gha"}}},
		{name: "another problem", reqs: []string{"from type=gha,token=unreadable"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "--cache-from: token cannot be used: no `ac` claim", "--cache-from type=gha"}}},
		{name: "an expired one", reqs: []string{"from type=gha,token=expired"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "--cache-from: token expired at 2026-03-01T12:00:00Z", "--cache-from type=gha"}}},
		{name: "no other token", runtime: as(""), reqs: []string{"to type=gha,token=abc"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "--cache-to: token is not a JWT", "token=TOKEN"}}},
		{name: "ignore-error", reqs: []string{"to type=gha,token=abc,ignore-error=true"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelWarning, "--cache-to: building without type=gha, as ignore-error allows: token is not a JWT", "--cache-to type=gha,ignore-error=true"}}},
		{name: "that of the environment", runtime: as("abc"), reqs: []string{"to type=gha,token=abc", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelError, "the cache cannot be used: the runtime token is not a JWT", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestCompleteLiftsTokens(t *testing.T) {
	stays := func(who string) said {
		return said{LevelWarning, who + ": token stays in the command line, where every user of this machine can read it, because the entries have different tokens", "no token at all, or the same for every entry"}
	}
	with := func(token string) string {
		return "type=gha,token=" + token + ",url_v2=" + runtimeURLV2 + ",version=2"
	}
	tests := []completeTest{
		{name: "all entries name the same", reqs: []string{"to type=gha,token=x", "from type=gha,token=x"}, want: []string{v2, v2}, env: map[string]string{"ACTIONS_RUNTIME_TOKEN": "x"}},
		{name: "one entry names that of the environment", reqs: []string{"to type=gha,token=job", "from type=gha"}, want: []string{v2, v2}},
		{name: "one entry names another", reqs: []string{"to type=gha,token=x", "from type=gha", "from type=gha,token=job,scope=s"},
			want: []string{with("x"), v2, "type=gha,scope=s,url_v2=" + runtimeURLV2 + ",version=2"}, notes: []said{stays("--cache-to")}},
		{name: "two tokens and none in the environment", runtime: as(""), reqs: []string{"app/to type=gha,token=x", "app/from type=gha,token=y"},
			want: []string{with("x"), with("y")}, env: none(), notes: []said{stays(`cache-to of target "app"`), stays(`cache-from of target "app"`)}},
		{name: "four targets with a token of their own", runtime: as(""), reqs: []string{"a/from type=gha,token=x", "b/from type=gha,token=y", "c/from type=gha,token=z", "d/from type=gha,token=z"},
			want: []string{with("x"), with("y"), with("z"), with("z")}, env: none(), notes: []said{stays("cache-from of 4 targets")}},
		{name: "a dropped entry does not count", reqs: []string{"to type=gha,token=read-only", "from type=gha"}, want: []string{"-", v2},
			notes: []said{{LevelWarning, "building without --cache-to type=gha: the token of a fork cannot write", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestCompleteReportsScopesThatTwoWrite(t *testing.T) {
	const scoped = "type=gha,scope=x,url_v2=" + runtimeURLV2 + ",version=2"
	const whole = "type=gha,mode=max,url_v2=" + runtimeURLV2 + ",version=2"
	const hint = "scope=NAME for each target"
	two := []said{{LevelWarning, `targets "a" and "b" write scope "buildkit": the last one to finish wins`, hint}}
	twice := []said{{LevelWarning, `2 entries of --cache-to write scope "buildkit": the last one to finish wins`, "scope=NAME for each"}}
	tests := []completeTest{
		{name: "two targets, the default scope", reqs: []string{"a/to type=gha", "b/to type=gha"}, want: []string{v2, v2}, notes: two},
		{name: "three targets", reqs: []string{"a/to type=gha,scope=x", "b/to type=gha,scope=x", "c/to type=gha,scope=x"}, want: []string{scoped, scoped, scoped},
			notes: []said{{LevelWarning, `targets "a", "b" and "c" write scope "x": the last one to finish wins`, hint}}},
		{name: "many targets", reqs: []string{"a/to type=gha", "b/to type=gha", "c/to type=gha", "d/to type=gha"}, want: []string{v2, v2, v2, v2},
			notes: []said{{LevelWarning, `4 targets write scope "buildkit": the last one to finish wins`, hint}}},
		{name: "two scopes of two targets each", reqs: []string{"a/to type=gha", "b/to type=gha,scope=x", "c/to type=gha", "d/to type=gha,scope=x"}, want: []string{v2, scoped, v2, scoped},
			notes: []said{
				{LevelWarning, `targets "a" and "c" write scope "buildkit": the last one to finish wins`, hint},
				{LevelWarning, `targets "b" and "d" write scope "x": the last one to finish wins`, hint},
			}},
		{name: "the default scope by its name", reqs: []string{"a/to type=gha", "b/to type=gha,scope=buildkit"},
			want: []string{v2, "type=gha,scope=buildkit,url_v2=" + runtimeURLV2 + ",version=2"}, notes: two},
		{name: "two entries of one target, and another target", reqs: []string{"a/to type=gha,mode=max", "a/to type=gha", "b/to type=gha"}, want: []string{whole, v2, v2},
			notes: append(slices.Clone(two), said{LevelWarning, `2 entries of cache-to of target "a" write scope "buildkit": the last one to finish wins`, "scope=NAME for each"})},
		{name: "two scopes", reqs: []string{"a/to type=gha", "b/to type=gha,scope=x"}, want: []string{v2, scoped}},
		{name: "one that writes and one that reads", reqs: []string{"a/to type=gha", "b/from type=gha"}, want: []string{v2, v2}},
		{name: "two services", reqs: []string{"to type=gha", "to type=gha,url_v2=" + ownURLV2}, want: []string{v2, "type=gha,url_v2=" + ownURLV2 + ",version=2"}},
		{name: "two entries of one build", reqs: []string{"to type=gha,mode=max", "to type=gha"}, want: []string{whole, v2}, notes: twice},
		{name: "the same entry twice is written once", reqs: []string{"to type=gha", "to type=gha,token=job,version=2"}, want: []string{v2, "-"}},
		{name: "the same entry again after another of its scope", reqs: []string{"to type=gha,mode=max", "to type=gha", "to type=gha"}, want: []string{whole, v2, "-"}, notes: twice},
		{name: "a token that cannot write overwrites nothing", runtime: as("read-only"), reqs: []string{"a/to type=gha", "b/to type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelWarning, "building without --cache-to type=gha: the token of a fork cannot write", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}
