package migrate

// Rule ids, as they stand in reports and in Options.Only.
const (
	ruleBuildx    = "buildx-version"
	ruleBuildKit  = "buildkit-image"
	ruleEngine    = "engine-version"
	ruleCompose   = "compose-version"
	ruleRunner    = "runner-version"
	ruleSccache   = "sccache-version"
	ruleCache     = "actions-cache"
	rulePin       = "action-pin"
	ruleMajor     = "action-major"
	ruleVersion   = "cache-version"
	ruleFlag      = "service-flag"
	ruleURL       = "cache-url"
	ruleExport    = "cache-url-export"
	ruleInside    = "inside-build"
	ruleHosted    = "runner-buildx"
	ruleContainer = "container-action"
	ruleNoV2      = "no-v2"
	ruleSpace     = "cache-space"
	ruleScope     = "shared-scope"
	ruleMove      = "move-cache"
	ruleDance     = "cache-dance"
	ruleService   = "v1-service"
)

// Rule describes what one kind of finding is about.
type Rule struct {
	ID   string
	Text string // one sentence
	any  bool   // holds on every cache service, not only where version 2 is
}

// Rules lists every rule in the order of the documentation.
func Rules() []Rule {
	return []Rule{
		{ID: ruleBuildx, Text: "Docker Buildx before v0.21.0, by setup-buildx-action, a download or docker/buildx-bin"},
		{ID: ruleBuildKit, Text: "a BuildKit image before v0.20.0"},
		{ID: ruleEngine, Text: "Docker Engine before v28.0.0, by setup-docker-action or an image such as docker:24-dind"},
		{ID: ruleCompose, Text: "Docker Compose before v2.33.1, by setup-compose-action or a download"},
		{ID: ruleRunner, Text: "an Actions runner before v2.320.1"},
		{ID: ruleSccache, Text: "sccache before v0.10.0 or its action before v0.0.9"},
		{ID: ruleCache, Text: "actions/cache before v4.2.0 or v3.4.0"},
		{ID: rulePin, Text: "a commit of an action that is unknown, or not the version its comment says", any: true},
		{ID: ruleMajor, Text: "an old major version of a Docker action (only with --bump-actions)"},
		{ID: ruleVersion, Text: "version=1 in a gha cache entry"},
		{ID: ruleFlag, Text: "ACTIONS_CACHE_SERVICE_V2 set to what is read as false"},
		{ID: ruleURL, Text: "url= or token= in a gha cache entry"},
		{ID: ruleExport, Text: "ACTIONS_CACHE_URL exported without the variables of version 2"},
		{ID: ruleInside, Text: "ACTIONS_CACHE_URL handed into a build"},
		{ID: ruleHosted, Text: "setup-buildx-action without version: on a runner that is not GitHub's"},
		{ID: ruleContainer, Text: "a gha cache in a Docker container action, which never gets ACTIONS_CACHE_SERVICE_V2"},
		{ID: ruleNoV2, Text: "a gha cache in a tool without version 2 (Dagger, vcpkg's x-gha)"},
		{ID: ruleSpace, Text: "a space after a comma in a cache entry, which hides the attribute", any: true},
		{ID: ruleScope, Text: "several images that overwrite each other's cache in one scope", any: true},
		{ID: ruleMove, Text: "the move-cache workaround for type=local", any: true},
		{ID: ruleDance, Text: "buildkit-cache-dance with the old cache-source", any: true},
		{ID: ruleService, Text: "a cache service where version 1 must stay"},
	}
}
