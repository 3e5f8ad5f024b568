package diagnose

// requestTo matches net/http's report of a failed request to a cache service or to its blobs. What follows is the
// network's own error: that of another part of the build, which cancelled the request, may follow too.
const requestTo = `^(?:Get|Post|Patch|Put|Head) "(?:[^"]*(?:CacheService/|_apis/artifactcache/)|https?://[^/"]+\.blob\.core\.windows\.net/actions-cache/|https?://[^/"]+/devstoreaccount1/)[^"]*": `

// loopbackRefused is the cause that a [Situation] makes another one.
const loopbackRefused = "loopback-refused"

// networkCauses are those that lie on the way to the cache service.
func networkCauses() []Cause {
	return []Cause{
		certain("proxy", "the proxy in front of the cache service failed, forbids the connection or wants credentials",
			said, requestTo+`(?:proxyconnect tcp: |(?:Proxy Authentication Required|Bad Gateway|Forbidden|Service Unavailable|Gateway Timeout)$)`,
			newBuilder+" --driver-opt env.HTTPS_PROXY=URL", direct),
		probable(loopbackRefused, "nothing listens at HOST:PORT where BuildKit runs: the cache service is down, or the builder is in a container with a network of its own",
			said, requestTo+`dial tcp ((?:127\.\d+\.\d+\.\d+|\[::1\]):\d+): connect: connection refused`,
			"docker ghacache serve --listen HOST:PORT …   # if the service is down", newBuilder+" --driver-opt network=host   # if the builder is in a container", doctor),
		certain("connection-refused", "there is no connection to the cache service at HOST:PORT",
			said, requestTo+`dial tcp (\S+): .*(?:connection refused|actively refused it|no route to host|network is unreachable)`, doctor),
		certain("dns", "the name of the cache service cannot be resolved",
			said, requestTo+`dial tcp: lookup .*(?:no such host|server misbehaving|Temporary failure in name resolution|i/o timeout)`,
			"let the runner resolve *.actions.githubusercontent.com and *.blob.core.windows.net", newBuilder+" --driver-opt network=host"),
		certain("tls", "the cache service's certificate is signed by an authority that is not trusted: a proxy's or a company's",
			said, requestTo+`(?:tls: failed to verify certificate: )?x509: certificate signed by unknown authority`,
			"build an image FROM moby/buildkit:buildx-stable-1 with the authority in /etc/ssl/certs", newBuilder+" --driver-opt image=IMAGE"),
		probable("tls-failed", "the TLS connection to the cache service failed: a certificate of another name, a clock that is wrong, or a server that speaks no TLS",
			said, requestTo+`(?:tls: |x509: |remote error: tls: |http: server gave HTTP response to HTTPS client)`, doctor, "date -u   # on the machine that runs BuildKit"),
		probable("network-timeout", "the cache service did not answer in time",
			said, requestTo+`(?:net/http: TLS handshake timeout|net/http: timeout awaiting response headers|context deadline exceeded|(?:dial|read|write) tcp \S+: .*(?:i/o timeout|connection timed out|operation timed out))`,
			retry, status, ignoreError),
		probable("connection-broken", "the connection to the cache service broke",
			said, requestTo+`(?:(?:unexpected )?EOF$|http2: |stream error|http: (?:read on closed response body|server closed idle connection)|net/http: HTTP/1\.x transport connection broken|(?:read|write) tcp \S+: .*(?:connection reset by peer|broken pipe|use of closed network connection))`,
			retry, ignoreError),
	}
}

// loopbackOutOfReach is loopback-refused where the builder is known to have a network of its own.
func loopbackOutOfReach() Cause {
	return Cause{
		ID: "loopback-from-container", Certain: true,
		Title:  "the builder has a network of its own, where HOST:PORT is not this machine's: a cache service on loopback is out of its reach",
		Advice: []string{newBuilder + " --driver-opt network=host", "docker ghacache serve --listen ADDRESS …   # one that the builder reaches"},
	}
}

// loopbackSilent is loopback-refused where the builder is known to share its machine's network. It is not certain:
// the machine may be another one, such as Docker Desktop's.
func loopbackSilent() Cause {
	return Cause{
		ID:     "loopback-silent",
		Title:  "nothing listens at HOST:PORT: the cache service is down",
		Advice: []string{"docker ghacache serve --listen HOST:PORT …   # on the machine of the builder", doctor},
	}
}

// restCauses are those that GitHub's REST API reports.
func restCauses() []Cause {
	return []Cause{
		certain("rest-rate-limit", "GitHub's REST API accepts no more requests for now",
			said, `/actions/caches?\b.*rate limit|rate limit.*/actions/caches?\b`, "gh api rate_limit", "permissions: {actions: read}   # and GITHUB_TOKEN: more than an anonymous caller has"),
		certain("rest-permission", "GitHub's REST API does not let the token see or delete the repository's caches",
			said, `/actions/caches?\b.*(?:Resource not accessible by|Must have admin rights|Bad credentials|403 Forbidden)|(?:Resource not accessible by|Must have admin rights|Bad credentials).*/actions/caches?\b`,
			"permissions: {actions: write}   # read suffices to list", "gh auth status   # a token that has expired is refused too"),
		probable("rest-listing", "BuildKit could not list the repository's caches with ghtoken",
			said, `^error initializing active key map: `, "leave ghtoken and repository out of the cache option", "permissions: {actions: read}"),
	}
}

// lastCauses are the general ones: they count only where nothing else explains the line.
func lastCauses() []Cause {
	return []Cause{
		certain("disk-full", "the disk of the builder is full",
			build, `\b\w+ (?:/var/lib/(?:docker|buildkit|containerd)|/tmp/(?:containerd-mount|buildkit))[^:]*: no space left on device$`,
			"docker buildx prune --max-used-space 10gb", "mode=min   # caches fewer layers", "df -h /var/lib/docker; df -i /var/lib/docker"),
		probable("disk-full-somewhere", "a disk is full: the builder's, or that of the registry or folder that the image goes to",
			build, `no space left on device`, "docker buildx du", "df -h; df -i   # on the builder, and where the image goes"),
		probable("builder-died", "BuildKit stopped during the build: it was stopped, ran out of memory, or crashed on a reply of the cache service",
			said, `^`+statusLost+`rpc error: code = Unavailable desc = (?:error reading from server: EOF|closing transport due to: connection error|connection error: )`,
			"docker logs buildx_buildkit_NAME0", "update the cache server: BuildKit needs x-ms-request-id on every blob reply", ignoreError),
		probable("cache-step-failed", "the gha cache failed for a reason this catalogue does not know",
			cache, `.`, ignoreError, doctor, status),
	}
}

// droppedCause is the one without a text: the log shows a request for a gha cache and no use of it.
func droppedCause() Cause {
	return Cause{
		ID:    "silently-dropped",
		Title: "buildx dropped the gha cache without a word: the step has no runtime token or URL, or the builder no gha support",
		Advice: []string{
			exposeRuntime, "docker ghacache build …   # in place of docker buildx build: says what is missing", doctor,
		},
	}
}
