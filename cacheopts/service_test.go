package cacheopts

import (
	"strings"
	"testing"
)

func TestCompleteRefusesAURLThatIsNone(t *testing.T) {
	const text, hint = "ACTIONS_RESULTS_URL is not an absolute http or https URL: ", "url_v2=http://HOST:PORT/"
	var tests []completeTest
	for _, url := range []string{"nonsense", "127.0.0.1:80", "localhost:80/", "ftp://h/", "http://", "http://:80/", "/", "http://h:x/"} {
		change := func(rt *Runtime) { rt.URLV2 = url }
		tests = append(tests, completeTest{name: url, runtime: change, reqs: []string{"to type=gha,ignore-error=true", "from type=gha"}, want: []string{"-", "-"}, env: none(),
			notes: []said{{LevelError, text + `"` + url + `"`, hint}}},
			completeTest{name: url + " does not count", runtime: change, reqs: []string{"to type=gha,url_v2=" + ownURLV2}, want: []string{"type=gha,url_v2=" + ownURLV2 + ",version=2"}})
	}
	tests = append(tests, completeTest{
		name: "version 1", runtime: func(rt *Runtime) { rt.Version, rt.V1Gone, rt.URL = 1, false, "nonsense" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
		notes: []said{{LevelError, `ACTIONS_CACHE_URL is not an absolute http or https URL: "nonsense"`, "url=http://HOST:PORT/"}},
	}, completeTest{
		name: "in the entry", reqs: []string{"to type=gha,url_v2=nonsense"}, want: []string{"-"}, env: none(),
		notes: []said{{LevelError, `--cache-to: url_v2 is an absolute http or https URL, not "nonsense"`, "--cache-to type=gha,url_v2=https://HOST/"}},
	})
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestCompleteWritesVersionAndURL(t *testing.T) {
	gitea := func(rt *Runtime) { rt.Version, rt.V1Gone, rt.V1Only = 1, false, "Gitea" }
	both := func(version int) func(*Runtime) {
		return func(rt *Runtime) { rt.Version, rt.V1Gone = version, false }
	}
	gone := []said{{LevelError, "version 1 of GitHub's cache service was shut down on 2025-04-15", ""}}
	noV2 := []said{{LevelError, "Gitea has no version 2 of the cache service", "version=1"}}
	const (
		v1          = "type=gha,url=" + runtimeURL + ",version=1"
		ownV1       = "type=gha,url=" + ownURL + ",version=1"
		ownV2       = "type=gha,url_v2=" + ownURLV2 + ",version=2"
		artifact    = "https://acghubeus1.actions.githubusercontent.com/x/"
		results     = "https://results-receiver.actions.githubusercontent.com/"
		urlIgnored  = "BuildKit ignores url: it uses version 2 of the cache service, at " + runtimeURLV2
		urlV2Unused = "BuildKit ignores url_v2: it uses url for version 1"
	)
	tests := []completeTest{
		{name: "scope stays what it was", reqs: []string{"to type=gha,scope=x"}, want: []string{"type=gha,scope=x,url_v2=" + runtimeURLV2 + ",version=2"}},
		{name: "the service has version 1 only", runtime: gitea, reqs: []string{"to type=gha"}, want: []string{v1}},
		{name: "version 2 where there is none", runtime: gitea, reqs: []string{"to type=gha,version=2"}, want: []string{"-"}, env: none(), notes: noV2},
		{name: "url_v2 where version 2 is the artifact endpoint", runtime: gitea, reqs: []string{"to type=gha,url_v2=" + strings.TrimRight(runtimeURLV2, "/")}, want: []string{"-"}, env: none(), notes: noV2},
		{name: "an own version 2 beside a service that has none", runtime: gitea, reqs: []string{"to type=gha,url_v2=" + ownURLV2}, want: []string{ownV2}},
		{name: "version 1 without any URL for it", runtime: func(rt *Runtime) { gitea(rt); rt.URL = "" }, reqs: []string{"to type=gha"}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "type=gha needs ACTIONS_CACHE_URL, which this step of the job does not have", ""}}},
		{name: "version 1 where it is gone", reqs: []string{"to type=gha,version=1"}, want: []string{"-"}, env: none(), notes: gone},
		{name: "version 1 where it is gone, ignore-error", reqs: []string{"to type=gha,version=1,ignore-error=true"}, want: []string{"-"}, env: none(), notes: gone},
		{name: "GitHub's version 1 by its URL", reqs: []string{"to type=gha,version=1,url=" + artifact}, want: []string{"-"}, env: none(), notes: gone},
		{name: "an own version 1 where GitHub's is gone", reqs: []string{"to type=gha,version=1,url=" + ownURL}, want: []string{ownV1}},
		{name: "version 2 with its URL", reqs: []string{"to type=gha,version=2,url_v2=" + ownURLV2}, want: []string{ownV2}},
		{name: "url_v2 alone means version 2", runtime: both(1), reqs: []string{"to type=gha,url_v2=" + ownURLV2}, want: []string{ownV2}},
		{name: "url alone where the runtime has version 1", runtime: both(1), reqs: []string{"to type=gha,url=" + ownURL}, want: []string{ownV1}},
		{name: "url alone where the runtime has version 2", runtime: both(2), reqs: []string{"to type=gha,url=" + ownURL}, want: []string{v2},
			notes: []said{{LevelWarning, urlIgnored, "url_v2=…, or version=1"}}},
		{name: "url alone and version 2 without the runtime's URL", runtime: func(rt *Runtime) { rt.URLV2 = "" }, reqs: []string{"to type=gha,url=" + ownURLV2}, want: []string{ownV2}},
		{name: "version 2 where only the other variable is set", runtime: func(rt *Runtime) { both(2)(rt); rt.URLV2 = "" }, reqs: []string{"to type=gha"}, want: []string{"type=gha,url_v2=" + runtimeURL + ",version=2"}},
		{name: "version 1 where only the other variable is set", runtime: func(rt *Runtime) { both(1)(rt); rt.URL = "" }, reqs: []string{"to type=gha"}, want: []string{"type=gha,url=" + runtimeURLV2 + ",version=1"}},
		{name: "GitHub's dead URL does not serve version 2", runtime: func(rt *Runtime) { rt.URL, rt.URLV2 = "", "" }, reqs: []string{"to type=gha,url=" + artifact}, want: []string{"-"}, env: none(),
			notes: []said{{LevelError, "type=gha needs ACTIONS_RESULTS_URL, which this step of the job does not have", ""}}},
		{name: "GitHub's version 2 by the wrong attribute", runtime: func(rt *Runtime) { rt.URL, rt.URLV2 = "", "" }, reqs: []string{"to type=gha,url=" + results}, want: []string{"type=gha,url_v2=" + results + ",version=2"}},
		{name: "both URLs and version 2", reqs: []string{"to type=gha,url=" + ownURL + ",url_v2=" + ownURLV2}, want: []string{ownV2},
			notes: []said{{LevelInfo, "BuildKit ignores url: it uses url_v2 for version 2", ""}}},
		{name: "both URLs and version 1", reqs: []string{"to type=gha,version=1,url=" + ownURL + ",url_v2=" + ownURLV2}, want: []string{ownV1},
			notes: []said{{LevelInfo, urlV2Unused, ""}}},
		{name: "version 1 with the other URL", runtime: both(2), reqs: []string{"to type=gha,version=1,url_v2=" + ownURLV2}, want: []string{v1},
			notes: []said{{LevelWarning, "BuildKit ignores url_v2: it uses version 1 of the cache service, at " + runtimeURL, "url=…, or version=2"}}},
		{name: "unknown version, by the host of the entry", runtime: both(0), reqs: []string{"to type=gha,url=" + results}, want: []string{"type=gha,url_v2=" + runtimeURLV2 + ",version=2"},
			notes: []said{{LevelWarning, urlIgnored, "url_v2=…, or version=1"}}},
		{name: "unknown version, by the runtime's host", runtime: func(rt *Runtime) { rt.Version, rt.URL, rt.URLV2 = 0, "", results }, reqs: []string{"to type=gha"}, want: []string{"type=gha,url_v2=" + results + ",version=2"}},
		{name: "unknown version, any other host", runtime: both(0), reqs: []string{"to type=gha"}, want: []string{v1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}
