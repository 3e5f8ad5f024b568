package builders

import (
	"fmt"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/docker-ghacache/docker-ghacache/internal/release"
)

// The codes of the notes of [Builder.Check], stable as those of package cacheopts.
const (
	CodeEngineUnreachable cacheopts.Code = "engine-unreachable" // no Engine of the builder answers
	CodeNodeUnreachable   cacheopts.Code = "node-unreachable"   // a node does not answer
	CodeDockerDriver      cacheopts.Code = "docker-driver"      // the driver cannot, or may not, use gha caches
	CodeOldBuildx         cacheopts.Code = "old-buildx"         // it does not speak version 2
	CodeOldBuildKit       cacheopts.Code = "old-buildkit"       // it does not speak version 2
	CodeNoRenewal         cacheopts.Code = "no-renewal"         // BuildKit does not renew the URLs of layers
	CodeNoGHA             cacheopts.Code = "no-gha"             // BuildKit has no gha caches
	CodeSeveralNodes      cacheopts.Code = "several-nodes"      // each writes the whole index
	CodeOwnNetwork        cacheopts.Code = "own-network"        // the builder cannot reach a service on loopback
)

// Checks says what a build with type=gha caches needs of its builder.
type Checks struct {
	// V2 says that cache service v2 is to be used.
	V2 bool
	// Export says that a cache of several platforms is written.
	Export bool
	// AllowDocker is --gha-allow-docker-driver.
	AllowDocker bool
	// Job says that a runner of GitHub Actions started this process.
	Job bool
	// Buildx is the version of buildx, empty if unknown.
	Buildx string
	// Last says that no buildx asks again after this: a builder of which no node
	// answers is an error, not a warning.
	Last bool
	// CacheURL is where BuildKit is to find the cache service.
	CacheURL string
	// Relayed says that a relay is going to reach it in the builder's place.
	Relayed bool
}

// Check judges the builder. An error among the notes means that the build would
// fail or lose its caches; none means that it may start. A version that cannot
// be told or compared passes.
func (b *Builder) Check(c Checks) []cacheopts.Note {
	if b.Unreachable() {
		return []cacheopts.Note{b.engineDown()}
	}
	return slices.Concat(b.checkReach(c), b.checkDriver(c), c.CheckBuildx(), b.checkBuildKit(c), b.checkCapability(), b.checkNodes(c), b.checkLoopback(c))
}

// Unreachable says that the builder needs a Docker Engine, and none of its nodes' answers.
func (b *Builder) Unreachable() bool {
	return len(b.Nodes) > 0 && !slices.ContainsFunc(b.Nodes, func(n Node) bool { return n.EngineDown == "" })
}

func (b *Builder) engineDown() cacheopts.Note {
	node := b.Nodes[0]
	reason := node.Err.Error()
	fix := "docker context ls   # whether another Engine is meant"
	switch {
	case strings.Contains(reason, "permission denied"):
		fix = "sudo usermod -aG docker $USER   # then log in again\n" + fix
		reason = "permission denied"
	case strings.Contains(reason, "no such file"), strings.Contains(reason, "cannot find the file"), strings.Contains(reason, "connection refused"):
		fix = startEngine(runtime.GOOS) + "\n" + fix
	}
	if i := strings.LastIndex(reason, ": "); i >= 0 {
		reason = reason[i+len(": "):]
	}
	return cacheopts.Note{
		Code:  CodeEngineUnreachable,
		Level: cacheopts.LevelError,
		Text:  fmt.Sprintf("cannot reach the Docker Engine at %s, which builder %q needs: %s", node.EngineDown, b.Name, strings.TrimRight(strings.TrimSpace(reason), ".")),
		Hint:  fix,
	}
}

func startEngine(system string) string {
	if system == "linux" {
		return "sudo systemctl start docker   # or start Docker Desktop"
	}
	return "docker desktop start"
}

func (b *Builder) checkReach(c Checks) (notes []cacheopts.Note) {
	level := cacheopts.LevelWarning
	if c.Last && !slices.ContainsFunc(b.Nodes, func(n Node) bool { return n.Err == nil }) {
		level = cacheopts.LevelError
	}
	for _, n := range b.Nodes {
		if n.Err != nil {
			notes = append(notes, cacheopts.Note{
				Code:  CodeNodeUnreachable,
				Level: level,
				Text:  noAnswer(n.Name, b.Name, n.Err),
				Hint:  "docker buildx inspect " + b.Name,
			})
		}
	}
	return notes
}

// checkDriver rejects the docker driver, except where the user allows it and it works.
func (b *Builder) checkDriver(c Checks) []cacheopts.Note {
	if b.Driver != "docker" {
		return nil
	}
	lacks, store := b.engineLacks()
	if c.AllowDocker && lacks == "" {
		return nil
	}
	text := fmt.Sprintf("builder %q uses the docker driver, which cannot use type=gha caches: %s", b.Name, lacks)
	switch {
	case lacks == "":
		text = fmt.Sprintf("builder %q uses the docker driver, which uses type=gha caches only with --gha-allow-docker-driver", b.Name)
	case c.AllowDocker:
		text = fmt.Sprintf("--gha-allow-docker-driver does not help builder %q: %s", b.Name, lacks)
	}
	return []cacheopts.Note{{Code: CodeDockerDriver, Level: cacheopts.LevelError, Text: text, Hint: strings.Join(otherBuilder(c, lacks == "", store), "\n")}}
}

// otherBuilder lists the ways out of the docker driver, whose Engine may be able to
// use gha caches, or lack no more than the image store.
func otherBuilder(c Checks, able, lacksStore bool) []string {
	ways := []string{release.CreateBuilder + "   # a builder that can, for all your builds"}
	if c.Job {
		ways = []string{"add this step before the step that builds:", "- uses: " + release.SetupBuildx, "--load   # on the build, if a later step runs the image"}
	}
	ways = append(ways, "--gha-create-builder   # creates one and uses it, for this command only")
	if lacksStore {
		ways = append(ways, "https://docs.docker.com/engine/storage/containerd/   # then --gha-allow-docker-driver")
	}
	if able {
		ways = slices.Insert(ways, 0, "--gha-allow-docker-driver   # builds here, with the cache")
	}
	return append(ways, "--gha-skip   # builds here, without the cache")
}

// engineLacks says why the builder's Engine cannot use type=gha caches, empty if it
// can, and whether another image store is all that it takes.
func (b *Builder) engineLacks() (why string, store bool) {
	for _, n := range b.Nodes {
		switch {
		case n.Err != nil:
			return "its Engine does not answer: " + n.Err.Error(), false
		case release.Before(n.Engine.Version, release.Engine):
			return fmt.Sprintf("its Engine %s is older than %s", n.Engine.Version, release.Engine[1:]), false
		case !n.Engine.ContainerdStore:
			return fmt.Sprintf("its Engine %s does not use the containerd image store", n.Engine.Version), true
		}
	}
	return "", false
}

// CheckBuildx judges buildx, as [Builder.Check] does among the rest.
func (c Checks) CheckBuildx() []cacheopts.Note {
	if !c.V2 || !release.Before(c.Buildx, release.Buildx) {
		return nil
	}
	return []cacheopts.Note{tooOld(CodeOldBuildx, "buildx "+c.Buildx, release.Buildx, "https://docs.docker.com/go/buildx/")}
}

func (b *Builder) checkBuildKit(c Checks) (notes []cacheopts.Note) {
	if !c.V2 {
		return nil
	}
	for _, n := range b.Nodes {
		version, what := n.BuildKit, fmt.Sprintf("BuildKit %s of node %q", n.BuildKit, n.Name)
		if version == "" && !n.Running && n.Err == nil {
			version = ImageVersion(n.DriverOpts["image"])
			what = fmt.Sprintf("BuildKit %s, which node %q is to boot,", version, n.Name)
		}
		switch {
		case release.Before(version, release.BuildKit):
			notes = append(notes, tooOld(CodeOldBuildKit, what, release.BuildKit, release.CreateBuilder))
		case release.Before(version, release.Renewal):
			notes = append(notes, cacheopts.Note{
				Code:  CodeNoRenewal,
				Level: cacheopts.LevelWarning,
				Text:  fmt.Sprintf("%s does not renew the URLs of cached layers, which expire after ten minutes: longer builds may fail; %s renews them", what, release.Renewal),
				Hint:  b.renew(),
			})
		}
	}
	return notes
}

// renew is how the builder gets a newer BuildKit.
func (b *Builder) renew() string {
	switch b.Driver {
	case "docker-container":
		return "docker ghacache migrate-v2 --upgrade-builder " + b.Name
	case "docker":
		return "https://docs.docker.com/engine/install/   # a newer Engine has a newer BuildKit"
	}
	return release.CreateBuilder + "   # its BuildKit is new enough"
}

// checkCapability judges what [Examine] asked. An Engine claims the capability also
// without the containerd image store, about which checkDriver has said it.
func (b *Builder) checkCapability() (notes []cacheopts.Note) {
	for _, n := range b.Nodes {
		if n.GHA != nil && !*n.GHA {
			notes = append(notes, cacheopts.Note{
				Code:  CodeNoGHA,
				Level: cacheopts.LevelError,
				Text:  fmt.Sprintf("BuildKit %s of node %q has no type=gha caches, and buildx drops such an option silently", n.BuildKit, n.Name),
				Hint:  release.CreateBuilder,
			})
		}
	}
	return notes
}

func tooOld(code cacheopts.Code, what, needed, update string) cacheopts.Note {
	return cacheopts.Note{
		Code:  code,
		Level: cacheopts.LevelError,
		Text:  fmt.Sprintf("%s does not speak cache service v2, which needs %s", what, needed),
		Hint:  update + "\ndocker ghacache migrate-v2",
	}
}

func (b *Builder) checkNodes(c Checks) []cacheopts.Note {
	if !c.Export || len(b.Nodes) < 2 {
		return nil
	}
	return []cacheopts.Note{{
		Code:  CodeSeveralNodes,
		Level: cacheopts.LevelWarning,
		Text:  fmt.Sprintf("builder %q has %d nodes: each node that builds a platform writes the whole index of the scope, and the last one overwrites the others", b.Name, len(b.Nodes)),
		Hint:  "build each platform by itself, with a scope of its own",
	}}
}

func (b *Builder) checkLoopback(c Checks) []cacheopts.Note {
	// The docker driver runs in the Engine; where a remote one runs, nothing tells.
	if b.Driver == "" || b.Driver == "docker" || b.Driver == "remote" || c.Relayed || !Loopback(c.CacheURL) {
		return nil
	}
	for _, n := range b.Nodes {
		if n.ownNetwork() {
			return []cacheopts.Note{{
				Code:  CodeOwnNetwork,
				Level: cacheopts.LevelWarning,
				Text:  fmt.Sprintf("builder %q has a network of its own and cannot reach %s", b.Name, c.CacheURL),
				Hint:  release.CreateBuilder + " --driver-opt network=host\ndocker ghacache build --gha-relay=require …   # by way of an address that the builder reaches",
			}}
		}
	}
	return nil
}

// ownNetwork says that the node's container has a network of its own; that of
// another container may be the host's.
func (n Node) ownNetwork() bool {
	network := n.DriverOpts["network"]
	return network != "host" && !strings.HasPrefix(network, "container:")
}

// Loopback says that a URL leads to this machine's own network only: such a
// service needs a builder with network=host.
func Loopback(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip.IsLoopback() || ip.IsUnspecified()
}
