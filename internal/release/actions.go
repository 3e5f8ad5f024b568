package release

// The actions that this project tells its users to use, each with its newest major. A test holds them against
// the tags that migrate-v2 knows, the README, the documentation and this project's own workflow.
const (
	Checkout    = "actions/checkout@v5"
	Cache       = "actions/cache@v6"
	Runtime     = "crazy-max/ghaction-github-runtime@v4"
	SetupBuildx = "docker/setup-buildx-action@v4"
)

// Expose is the step that gives the run: steps behind it what GitHub's runner gives to
// JavaScript actions only.
const Expose = "- uses: " + Runtime + "   # gives run: steps the cache's credentials"
