package actions

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/release"
	"github.com/golang-jwt/jwt/v5"
)

const (
	resultsReceiver = "https://results-receiver.actions.githubusercontent.com/"
	artifactCache   = "https://acghubeus1.actions.githubusercontent.com/abc/"
)

func lookup(env map[string]string) Lookup {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

func TestFromEnv(t *testing.T) {
	github := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com"}
	tests := []struct {
		name    string
		env     map[string]string
		job     bool
		service Service
		version int
		warned  bool
	}{
		{name: "nothing is set", env: nil},
		{
			name: "a run step on github.com without the runtime speaks v2 once it has it",
			env:  github, job: true, service: GitHub, version: 2,
		},
		{
			name: "a docker container action gets no flag and still speaks v2",
			env:  with(github, "ACTIONS_RESULTS_URL", resultsReceiver, "ACTIONS_CACHE_URL", artifactCache),
			job:  true, service: GitHub, version: 2,
		},
		{
			name: "a false flag does not bring v1 back on github.com",
			env:  with(github, "ACTIONS_RESULTS_URL", resultsReceiver, "ACTIONS_CACHE_SERVICE_V2", "false"),
			job:  true, service: GitHub, version: 2,
		},
		{
			name: "ghe.com is GitHub",
			env: map[string]string{
				"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://acme.ghe.com",
				"ACTIONS_RESULTS_URL": "https://results-receiver.actions.acme.ghe.com/",
			},
			job: true, service: GitHub, version: 2,
		},
		{
			name: "a cache server of one's own on github.com goes by the flag",
			env:  with(github, "ACTIONS_RESULTS_URL", "http://cache.internal:3000/", "ACTIONS_CACHE_SERVICE_V2", "on"),
			job:  true, service: Unknown, version: 2,
		},
		{
			name: "a v1 cache server of one's own on github.com",
			env:  with(github, "ACTIONS_RESULTS_URL", resultsReceiver, "ACTIONS_CACHE_URL", "http://cache.internal:3000/x/"),
			job:  true, service: Unknown, version: 1,
		},
		{
			name: "GHES has no v2 whatever the flag says",
			env: map[string]string{
				"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://git.acme.com", "ACTIONS_CACHE_SERVICE_V2": "true",
				"ACTIONS_CACHE_URL": "https://git.acme.com/_services/artifactcache/x/", "ACTIONS_RESULTS_URL": "https://git.acme.com/results/",
			},
			job: true, service: EnterpriseServer, version: 1,
		},
		{
			name: "Gitea keeps artifacts behind the results URL",
			env:  map[string]string{"GITEA_ACTIONS": "true", "GITHUB_SERVER_URL": "https://gitea.acme.com", "ACTIONS_RESULTS_URL": "https://gitea.acme.com/"},
			job:  true, service: Gitea, version: 1,
		},
		{
			name: "Forgejo also claims to be Gitea",
			env:  map[string]string{"GITEA_ACTIONS": "true", "FORGEJO_ACTIONS": "true"},
			job:  true, service: Forgejo, version: 1,
		},
		{
			name: "act claims to be github.com",
			env:  with(github, "ACT", "true", "ACTIONS_CACHE_URL", "http://172.17.0.1:4000/"),
			job:  true, service: Act, version: 1,
		},
		{
			name:    "a container with nothing but GitHub's URL",
			env:     map[string]string{"ACTIONS_RESULTS_URL": resultsReceiver},
			service: GitHub, version: 2,
		},
		{
			name:    "a service on this machine with both URLs and the flag",
			env:     map[string]string{"ACTIONS_RESULTS_URL": "http://127.0.0.1:1/", "ACTIONS_CACHE_URL": "http://127.0.0.1:1/", "ACTIONS_CACHE_SERVICE_V2": "True"},
			version: 2,
		},
		{
			name:    "both URLs without a flag are v1, as for buildx",
			env:     map[string]string{"ACTIONS_RESULTS_URL": "http://127.0.0.1:1/", "ACTIONS_CACHE_URL": "http://127.0.0.1:1/"},
			version: 1,
		},
		{
			name:    "an unreadable flag and mode are reported",
			env:     map[string]string{"ACTIONS_CACHE_SERVICE_V2": "maybe", "ACTIONS_CACHE_MODE": "sometimes", "ACTIONS_RESULTS_URL": "http://127.0.0.1:1/"},
			version: 2, warned: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := FromEnv(lookup(tt.env))
			if r.Runner != tt.job || r.Service != tt.service || r.Version != tt.version || (len(r.Warnings) == 2) != tt.warned {
				t.Errorf("got job=%v service=%v version=%d warnings=%q", r.Runner, r.Service, r.Version, r.Warnings)
			}
		})
	}
}

func TestCacheRuntimeSaysWhichVersionDoesNotExist(t *testing.T) {
	env := map[string]string{"ACTIONS_RESULTS_URL": resultsReceiver, "ACTIONS_CACHE_URL": artifactCache, "GITHUB_SERVER_URL": "https://github.com"}
	if rt := FromEnv(lookup(env)).CacheRuntime(time.Time{}); !rt.V1Gone || rt.V1Only != "" {
		t.Errorf("on github.com: %+v", rt)
	}
	env["ACT"] = "true"
	if rt := FromEnv(lookup(env)).CacheRuntime(time.Time{}); rt.V1Gone || rt.V1Only != "act" {
		t.Errorf("on act: %+v", rt)
	}
}

func TestServiceSaysHowAStepGetsItsVariables(t *testing.T) {
	const step = "add this step before it:\n" + release.Expose
	for name, tt := range map[string]struct {
		env  map[string]string
		want string
	}{
		"GitHub":                   {map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com"}, step},
		"GitHub Enterprise Server": {map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://git.acme.com"}, step},
		"a runner that says nothing of its service": {map[string]string{"GITHUB_ACTIONS": "true"}, step},
		"Gitea":   {map[string]string{"GITEA_ACTIONS": "true"}, "enable the cache in the runner's configuration:\n  cache:\n    enabled: true"},
		"Forgejo": {map[string]string{"GITEA_ACTIONS": "true", "FORGEJO_ACTIONS": "true"}, "enable the cache in the runner's configuration:\n  cache:\n    enabled: true"},
		"act":     {map[string]string{"GITHUB_ACTIONS": "true", "ACT": "true"}, "act --artifact-server-path /tmp/artifacts, without --no-cache-server"},
	} {
		if got := FromEnv(lookup(tt.env)).Service.Expose(); got != tt.want {
			t.Errorf("on %s: %q", name, got)
		}
	}
}

func TestGrant(t *testing.T) {
	exp := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	token := func(claims jwt.MapClaims) string {
		raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("key"))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	full := jwt.MapClaims{"ac": `[{"Scope":"refs/heads/x","Permission":3},{"Scope":"refs/heads/main","Permission":1}]`, "exp": exp.Unix(), "nbf": 1}
	reader := with(full, "ac", `[{"Scope":"refs/pull/1/merge","Permission":1}]`)
	tests := []struct {
		name, token               string
		env                       map[string]string
		problem, readOnly, noRead string
	}{
		{name: "full access", token: token(full)},
		{name: "not a JWT", token: "secret", problem: "the runtime token is not a JWT"},
		{name: "no ac claim", token: token(jwt.MapClaims{"exp": 1, "nbf": 1}), problem: "the runtime token has no `ac` claim, which lists the refs that it may use"},
		{name: "an ac claim that is no list", token: token(with(full, "ac", "x")), problem: "the `ac` claim of the runtime token is not a JSON list of scopes"},
		{name: "no expiry", token: token(jwt.MapClaims{"ac": "[]", "nbf": 1}), problem: "the runtime token lacks its `exp` or `nbf` claim"},
		{
			name: "a fork", token: token(reader), env: map[string]string{"GITHUB_EVENT_NAME": "pull_request"},
			readOnly: "the runtime token has no write permission, as in every pull request from a fork",
		},
		{
			name: "an untrusted trigger", token: token(reader), env: map[string]string{"GITHUB_EVENT_NAME": "issue_comment"},
			readOnly: "the runtime token has no write permission, as under the untrusted trigger issue_comment",
		},
		{name: "cache-mode read", token: token(full), env: map[string]string{"ACTIONS_CACHE_MODE": "read"}, readOnly: "the workflow's cache-mode is read"},
		{
			name: "cache-mode write-only", token: token(full), env: map[string]string{"ACTIONS_CACHE_MODE": "write-only"},
			readOnly: "the workflow's cache-mode is write-only, and BuildKit reads before it writes", noRead: "the workflow's cache-mode is write-only",
		},
		{
			name: "cache-mode none", token: token(full), env: map[string]string{"ACTIONS_CACHE_MODE": "none"},
			readOnly: "the workflow's cache-mode is none", noRead: "the workflow's cache-mode is none",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := FromEnv(lookup(tt.env)).Grant(tt.token)
			if g.Problem != tt.problem || g.ReadOnly != tt.readOnly || g.NoRead != tt.noRead {
				t.Errorf("got %+v", g)
			}
			if g.Problem == "" && !g.Expires.Equal(exp) {
				t.Errorf("expires %v, want %v", g.Expires, exp)
			}
		})
	}
}

func TestBuildKitWritesToTheLastWritableRef(t *testing.T) {
	token := Token{Access: []Access{{Ref: "a", Write: true}, {Ref: "b", Write: true}, {Ref: "c", Read: true}}}
	if got := token.WriteRef(); got != "b" {
		t.Errorf("got %q, want b", got)
	}
}

func FuzzDecodeToken(f *testing.F) {
	f.Add("e30.eyJhYyI6IltdIn0.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		if token, err := DecodeToken(raw); err != nil && (len(token.Access) > 0 || (len(raw) > 8 && strings.Contains(err.Error(), raw))) {
			t.Errorf("a token that fails shows: %v %v", token, err)
		}
	})
}

func with[M ~map[string]V, V any](m M, pairs ...V) M {
	out := maps.Clone(m)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[any(pairs[i]).(string)] = pairs[i+1]
	}
	return out
}
