package diagnose

// builderCauses are those that lie with buildx and the builder.
func builderCauses() []Cause {
	return []Cause{
		certain("docker-driver", "the builder uses the docker driver, which cannot export a cache without the containerd image store",
			said, `\bCache export is not supported for the docker driver|\bcache export feature is currently not supported for docker driver`,
			newBuilder, "docker ghacache build --gha-create-builder …", setupBuildx, loadImage).leadsTo("docker-driver-action"),
		certain("docker-driver", "the builder uses the docker driver, which builds for one platform, and only into the Engine's images, without the containerd image store",
			said, `\b(?:Multi-platform build|multiple platforms feature|Attestation|(?:OCI|Docker|docker) exporter(?: feature)?) is (?:currently )?not supported for (?:the )?docker driver|^multi-node push can't currently be performed with the docker driver|^push-by-digest is currently not implemented for docker driver`,
			newBuilder, "docker ghacache build --gha-create-builder …", setupBuildx, loadImage),
		probable("docker-driver-action", "the builder uses the docker driver, which cannot export a cache without the containerd image store",
			build, `^Learn more at https://docs\.docker\.com/go/build-cache-backends/`, setupBuildx, newBuilder, loadImage),
		probable("docker-driver-action", "the builder uses the docker driver, which builds for one platform, and only into the Engine's images, without the containerd image store",
			build, `^Learn more at https://docs\.docker\.com/go/(?:build-multi-platform|build-exporters|attestations)/`, setupBuildx, newBuilder, loadImage),
		certain("builder-missing", "the builder that was asked for does not exist in this user's buildx",
			said, `^no builder ".*" found$|^open \S*[/\\]buildx[/\\]instances[/\\]\S+: |^failed to find instance "[^"]*"(?: for append$|: |$)|^docker endpoint for "[^"]*" not found$`, "docker buildx ls   # as the user that builds", newBuilder),
		certain("buildx-missing", "docker finds no buildx: only buildx knows cache options",
			bare, `^(?:docker: )?'buildx' is not a docker command|^(?:docker: )?unknown command: docker buildx$|^unknown flag: --cache-to$|^docker buildx: unknown (?:shorthand )?flag: |^the --mount option requires BuildKit\b|^BuildKit is enabled but the buildx component is missing or broken|^Docker buildx is required\. See https://github\.com/docker/setup-buildx-action`,
			"apt-get install docker-buildx-plugin", setupBuildx).provedBy(`\bbuildx\b`),
		probable("buildx-missing", "docker finds no buildx: it used its old builder, which knows no cache options",
			build, `^DEPRECATED: The legacy builder is deprecated and will be removed|^Install the buildx component to build images with BuildKit`, "apt-get install docker-buildx-plugin", setupBuildx),
		probable("gha-unknown-to-buildkit", "this BuildKit has no type=gha: it is that of a Docker Engine without the containerd image store, older than 0.9, or built without it",
			build, `^unknown cache (?:exporter: "gha"|importer: gha)$`, newBuilder, updateBuilder),
		certain("kubernetes-permission", "this account may not create or read the builder's deployment in Kubernetes",
			said, `^(?:(?:booting: |`+calling+`"\S*": |(?:`+listing+`)?connection error: desc = ".*: )+(?:\S+(?: \\?"[^"]*")? is forbidden: )?)?User \\?"[^"]*" cannot \w+ resource \\?"(?:deployments|statefulsets|configmaps|pods(?:/\w+)?)\\?"`,
			"kubectl auth can-i create deployments.apps -n NAMESPACE   # as the job's account, of the kubeconfig that it uses",
			newBuilder+" --driver kubernetes --driver-opt namespace=NAMESPACE").provedBy(`^booting: |^` + calling + `|^(?:` + listing + `)?connection error: `),
		certain("builder-refused", "buildx cannot create or use this builder: this buildx does not know the driver or one of its options",
			said, `^(?:failed to initialize builder \S+ \(\S+\): |no valid drivers found: )?(?:failed to find driver "|additional instances of driver "|(?:\S+ driver requires (?:docker|kubernetes) API access|cannot determine Kubernetes namespace, specify manually: |invalid tolaration "|invalid loadbalance "|non-absolute path '[^']*' provided for (?:ca|)cert|instance name "[^"]*" already exists as context builder$|kubernetes driver does not support endpoint args |invalid name \S+, name needs to start with a letter and may not contain symbols, except )|invalid driver option \S+ for (?:\S+ driver|driver \S+)|invalid env option "[^"]*", expecting env\.FOO=bar$|docker buildx: `+noEndpoint+`$|tls enabled, but missing keys |setting (?:buildkit flags|config file) is not supported for \S+ driver|existing instance for "?[^" ]*"? but (?:no append mode|has mismatched driver)|default is a reserved name and can(?:not|'t) be used to identify builder instance|append requires a builder name$|invalid duplicate endpoint |failed to parse (?:buildkit|BuildKit daemon) flags: )`,
			"docker buildx create --help   # drivers and options of this buildx; 0.9 and newer have remote", setupBuildx, newBuilder),
		certain("builder-refused", "DOCKER_TLS_VERIFY and DOCKER_CERT_PATH are set: buildx creates a builder on an Engine with TLS only through a docker context",
			said, `^could not create a builder instance with TLS data loaded from environment`,
			"docker context create ci && docker buildx create --use ci", "DOCKER_TLS_CERTDIR: \"\"   # with DOCKER_HOST: tcp://docker:2375; docker:dind then listens without TLS"),
		probable("builder-refused", "buildx could not create the builder",
			said, `^(?:`+creating+`|(?:use|run) \x60docker .*\x60 to switch to |to switch to context \S+ use \x60docker context )`, "docker buildx create --help   # drivers and options of this buildx", setupBuildx, newBuilder),
		certain("builder-not-started", "the builder did not start",
			said, booting+`|^booting buildkit:$|^expected \d+ replicas to be ready, got \d+|^(?:listing workers(?: for Build)?: )?failed to list workers: |^dial unix /run/buildkit/buildkitd\.sock(?:: |$)|^(?:Get|Post|Put|Delete|Head) "[^"]*docker\.sock/[^"]*/buildx_buildkit_[^"]*": |^(?:ERROR: )?`+refused+`.*/moby/buildkit/|\bpulling (?:image )?(?:\S+/)?moby/buildkit:|^failed to (?:initialize|boot|bootstrap) (?:builder|\*\w+\.Driver)|`+
				`^failed to dial gRPC: |\bexec /usr/bin/build(?:ctl|kitd): |^failed to get status: (?:rpc error: code = (?:Unavailable|DeadlineExceeded)|(?:Unavailable|DeadlineExceeded): )|^no running buildkit pods found|^no valid drivers found(?:$|: )|: driver not connecting$|^`+calling+`"|^pod \S+ does not have any container$|^unable to upgrade connection: container not found \("buildkitd"\)|`+
				`^failed to connect to pod \S+ after \d+ attempts|^waiting for BuildKit: |\b(?:timed out|timeout) waiting for buildkitd?\b|\bunable to connect to buildkitd?\b|^error dialing backend: |^connecting to Docker Build Cloud at |^(?:failed to connect to BuildKit for image verification|failed to verify image \S*moby/buildkit)|^(?:Get|Head) "https?://\S*/moby/buildkit/\S*": |^`+refused+`.*\bbuildx_buildkit_|^(?:[Tt]imeout \w+: )?(?:could not|cannot) connect to buildkitd?\b|^could not connect to unix:\S*buildkitd\.sock after \d+ trials|^build new buildkitd client: |^error during connect: .*/containers/buildx_buildkit_|`+
				`^failed to start buildkitd? container: |^failed to start containers: \S*buildkit|^write sysctl key net\.ipv4\.ping_group_range: `,
			"docker buildx inspect --bootstrap NAME", "docker logs buildx_buildkit_NAME0", "kubectl describe pods -l app=NAME0   # with the kubernetes driver; --driver-opt timeout=5m waits longer",
			"docker pull moby/buildkit:buildx-stable-1   # through the proxy or mirror that the Engine uses"),
		probable("builder-not-started", "the builder did not start: the Engine does not get the image of BuildKit",
			said, `^`+refused+`.*[ /]moby/buildkit[:@]`, "docker pull moby/buildkit:buildx-stable-1   # through the proxy or mirror that the Engine uses", "docker buildx inspect --bootstrap NAME"),
		certain("builder-not-started", "the builder did not start",
			bare, notBooted+`|^could not connect to unix:\S*buildkitd\.sock(?: after \d+ trials)?$|^dial unix \S*/buildkitd\.sock: connect: |^(?:buildkitd: )?could not lock \S*buildkitd\.lock|^buildkitd: (?:failed to |could not |can't enable |no (?:worker|sockets) found|unknown snapshotter |invalid |unsupported |rootless mode requires |listen (?:tcp|unix|npipe)|(?:open|mkdir) \S*[/\\]|you must specify |addr(?:ess)? |CDI registry |timeout$)`,
			"docker buildx inspect --bootstrap NAME", "docker logs buildx_buildkit_NAME0"),
		probable("builder-not-started", "the builder does not reach the containerd that it uses, which did not start, or stopped",
			build, `^connection error: desc = "transport: .*\bdial unix \S*containerd\S*\.sock: `, "systemctl status containerd   # on the machine of the builder, or of the Engine", "docker info").commonly(),
		certain("builder-not-started", "the builder did not start",
			build, `^(?:all SubConns are in TransientFailure, latest connection error: |latest balancer error: )?connection error: desc = "(?:transport: |error reading server preface|initial http2 frame)|^context deadline exceeded while waiting for connections|^Cannot connect to the Docker daemon at |^error during connect: |^(?:Got )?permission denied while trying to connect to the [Dd]ocker |^failed to connect to the docker API at |^the server probably has client authentication |^driver not running$|^fetching auth token: |^cloud registry health check failed|^failed to create TLS config: `,
			"docker buildx inspect --bootstrap NAME", "docker info   # of the Engine that the builder runs on", "docker logs buildx_buildkit_NAME0").commonly(),
		probable("builder-not-started", "the engine of Dagger, or the BuildKit of Earthly, did not start",
			said, `^start engine: |^could not determine buildkit address|^Frontend is not available to perform the build\.`, "docker ps -a   # and docker logs, of the engine's container", "docker info   # of the Engine that it runs on"),
		probable("builder-not-started", "a rootless BuildKit, or Docker Engine, did not start: the kernel or the container does not allow it a user namespace, a mount or a network device",
			said, `^failed to (?:(?:start the child: fork/exec /proc/self/exe|setup UID/GID map: newuidmap .*): |setup network &\{|share mount point: )`, "sysctl user.max_user_namespaces kernel.unprivileged_userns_clone kernel.apparmor_restrict_unprivileged_userns", "https://github.com/moby/buildkit/blob/master/docs/rootless.md"),
		probable("builder-not-started", "the builder did not start",
			build, `^`+byEngine, "docker buildx inspect --bootstrap NAME", "docker info   # of the Engine that the builder runs on", "docker logs buildx_buildkit_NAME0"),
	}
}

// What buildx says in front of an error of Kubernetes, and of one of a builder that it asks for its workers, for an expression.
const (
	calling = `error (?:while calling (?:\w+Client\.)?(?:Get|Create|Update|Delete) for|for bootstrap) `
	listing = `(?:listing workers(?: for Build)?: )?failed to list workers: (?:Unavailable: )?`
)

// booting begins the message of the step in which buildx starts a builder, for an expression that is only for it.
const booting = `^booting: `

// notBooted is what buildx prints of that step, of any progress, once it has failed.
const notBooted = `^ERROR \[(?:\S+ )?internal\] booting buildkit\b|^\[(?:\S+ )?internal\] booting buildkit:$`
