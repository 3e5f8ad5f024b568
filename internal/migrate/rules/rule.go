package rules

import "strings"

// The ids of rules, as reports and the option --only name them.
const (
	BuildxVersion   = "buildx-version"
	BuildKitImage   = "buildkit-image"
	EngineVersion   = "engine-version"
	ComposeVersion  = "compose-version"
	RunnerVersion   = "runner-version"
	SccacheVersion  = "sccache-version"
	ActionsCache    = "actions-cache"
	ActionPin       = "action-pin"
	ActionMajor     = "action-major"
	CacheVersion    = "cache-version"
	ServiceFlag     = "service-flag"
	CacheURL        = "cache-url"
	CacheURLExport  = "cache-url-export"
	InsideBuild     = "inside-build"
	RunnerBuildx    = "runner-buildx"
	ContainerAction = "container-action"
	NoV2            = "no-v2"
	CacheSpace      = "cache-space"
	SharedScope     = "shared-scope"
	MoveCache       = "move-cache"
	CacheDance      = "cache-dance"
	V1Service       = "v1-service"
)

// Rule describes what one kind of finding is about.
type Rule struct {
	ID   string
	Text string // one sentence
	Any  bool   // holds on every cache service, not only where version 2 is
}

// All lists every rule in the order of the documentation.
func All() []Rule {
	return []Rule{
		{ID: BuildxVersion, Text: "Docker Buildx before v0.21.0, from setup-buildx-action, a download or docker/buildx-bin"},
		{ID: BuildKitImage, Text: "a BuildKit image before v0.20.0"},
		{ID: EngineVersion, Text: "Docker Engine before v28.0.0, from setup-docker-action or an image such as docker:24-dind"},
		{ID: ComposeVersion, Text: "Docker Compose before v2.33.1, from setup-compose-action or a download"},
		{ID: RunnerVersion, Text: "an Actions runner before v2.320.1"},
		{ID: SccacheVersion, Text: "sccache before v0.10.0 or its action before v0.0.9"},
		{ID: ActionsCache, Text: "actions/cache before v4.2.0 or v3.4.0"},
		{ID: ActionPin, Text: "a commit of an action that is unknown, or not the version in its comment", Any: true},
		{ID: ActionMajor, Text: "an old major version of a Docker action (only with --bump-actions)"},
		{ID: CacheVersion, Text: "version=1 in a gha cache entry"},
		{ID: ServiceFlag, Text: "ACTIONS_CACHE_SERVICE_V2 with a value that buildx reads as false"},
		{ID: CacheURL, Text: "url= or token= in a gha cache entry"},
		{ID: CacheURLExport, Text: "ACTIONS_CACHE_URL exported without the variables of version 2"},
		{ID: InsideBuild, Text: "ACTIONS_CACHE_URL passed into a build"},
		{ID: RunnerBuildx, Text: "setup-buildx-action without version: on a self-hosted runner"},
		{ID: ContainerAction, Text: "a gha cache in a Docker container action, which does not get ACTIONS_CACHE_SERVICE_V2"},
		{ID: NoV2, Text: "a gha cache in a tool without version 2 (Dagger, vcpkg's x-gha)"},
		{ID: CacheSpace, Text: "a space after a comma in a cache entry, which hides the attribute", Any: true},
		{ID: SharedScope, Text: "several images that overwrite each other's cache in one scope", Any: true},
		{ID: MoveCache, Text: "the move-cache workaround for type=local", Any: true},
		{ID: CacheDance, Text: "buildkit-cache-dance with the old cache-source", Any: true},
		{ID: V1Service, Text: "a cache service that needs version 1"},
	}
}

// Near are the rules that share a word with what is the id of none.
func Near(id string) (near []Rule) {
	for _, r := range All() {
		for word := range strings.SplitSeq(r.ID, "-") {
			if len(word) > 2 && strings.Contains(id, word) {
				near = append(near, r)
				break
			}
		}
	}
	return near
}
