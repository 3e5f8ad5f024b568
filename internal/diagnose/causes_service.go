package diagnose

// serviceCauses are those that lie with the cache service, its blobs or the way there.
func serviceCauses() []Cause {
	return []Cause{
		certain("read-only-token", "the runtime token may only read: a pull request from a fork, or a trigger that GitHub does not trust",
			said, `\bcache write denied: |^No scopes with write permission were found on the request`,
			"leave --cache-to out for such events: cache-to: ${{ github.event_name != 'pull_request' && 'type=gha,mode=max' || '' }}", ignoreError),
		certain("read-denied", "the runtime token may not read the cache (ACTIONS_CACHE_MODE, or no scope at all)",
			said, `\bcache read denied: |^No scopes with read permission were found on the request`, "cache-mode: read   # in the workflow or the job", doctor),
		probable("reserve-refused", "the service did not let the cache be written: mostly a read-only token, else an entry of another job in the making",
			said, `^failed to reserve cache$`, doctor+"   # tells what the token may do", ignoreError, "scope=NAME   # one for each image and platform"),
		probable("commit-refused", "the service did not accept a finished upload: the entry was taken by another job, or its size is wrong",
			said, `^failed to commit cache$`, ignoreError, "scope=NAME   # one for each image and platform"),
		probable("token-rejected", "the service rejected the runtime token: it belongs to a job that has ended, or lacks the permission",
			build, `^(?:permission_denied|unauthenticated)$|^failed to parse error response 40[13]: `, doctor, retry),
		probable("entry-lost", "the service lost the entry between its reservation and its end, as during outages",
			build, `^not_found$`, retry, ignoreError, "mode=min   # fewer entries"),
		probable("service-error", "the cache service failed on its side",
			build, `^(?:internal|unavailable|deadline_exceeded)$`, status, retry, ignoreError),

		certain("throttled", "the cache service throttles: too many requests of this repository",
			said, `^failed to parse error response 429: |Request was blocked due to exceeding usage of resource '|^resource_exhausted$|^Cache service responded with 429|^Failed to (?:CreateCacheEntry|FinalizeCacheEntryUpload|GetCacheEntryDownloadURL): (?:Rate limited: )?.*\(429\)|^unknown error 429 |^You've hit a rate limit, your rate limit will reset in \d`,
			"mode=min   # fewer entries", "timeout=20m   # BuildKit waits and tries again this long", "run fewer builds of the repository at once; GitHub accepts 200 uploads a minute", ignoreError),
		certain("throttled-too-long", "the cache service throttled until BuildKit gave up",
			build, `^(?:error committing cache \S+: )?maximum timeout reached|^requested delay [\d.]+s exceeds maximum timeout `,
			"timeout=20m   # on --cache-to and --cache-from; the default is 10m", "mode=min   # fewer entries", ignoreError),
		certain("service-down", "GitHub's cache service was down",
			said, `Our services aren't available right now|^GitHub Actions is temporarily unavailable|^(?:failed to parse error response|unknown error|Cache service responded with) 5\d\d|^failed to parse error response 400: <`,
			status, retry, ignoreError),
		certain("egress-limit", "GitHub's blob storage refused to send more: its own limit",
			build, `^invalid status response 503 Egress is over the account limit`, retry, status),
		probable("no-such-service", "no cache service of that version answers at this URL (404)",
			said, `^failed to parse error response 404: |^unknown error 404 |^Cache service responded with 404|\(404\) Not Found: invalid request$`,
			"version=1   # GitHub Enterprise Server, Gitea and act have no version 2", migrate+"   # github.com has no version 1", doctor),
		probable("not-json", "the cache service answered with something that is no JSON: a proxy's page, or no cache service",
			cache, `^invalid character '.+' looking for beginning of value$`, doctor, "NO_PROXY=results-receiver.actions.githubusercontent.com"),
		certain("ghes-certificate", "the GitHub Enterprise Server lost a certificate with which it signs cache URLs",
			build, `^Signing certificate with thumbprint \w+ not found in store`, "ask the administrator: https://github.com/actions/cache/issues/1384"),

		certain("url-expired", "the URL of a cached layer expired during the build: BuildKit before 0.23.2 does not renew it",
			build, `^GET \S+ RESPONSE 403: |^invalid status response 403 .* for https://\S+\.blob\.core\.windows\.net/`,
			"docker ghacache migrate-v2 --upgrade-builder NAME   # BuildKit 0.23.2 or newer", "driver-opts: image=moby/buildkit:buildx-stable-1"),
		certain("upload-url-expired", "the upload of a layer took longer than its URL lives, which is one hour",
			build, `^PUT \S+ RESPONSE 403: `, "mode=min   # or smaller layers", "--cache-to type=registry,ref=IMAGE:cache   # for layers this big", ignoreError),
		certain("layer-evicted", "a layer that the cache's index names is gone: evicted by the limit of the repository, or deleted",
			build, `^blob (?:sha256:\S+ )?not found$|^blob sha256:\w+: not found$|^cache entry no longer exists$|^(?:GET|PUT|HEAD) \S+ RESPONSE 404: |^invalid status response 404 .* for https?://`,
			retry+" with --no-cache", "docker ghacache doctor   # holds the index against its layers", "docker ghacache prune   # room below the limit keeps layers"),
		certain("blob-storage-error", "the blob storage behind the cache service failed on its side",
			build, `^(?:GET|PUT|HEAD) \S+ RESPONSE 5\d\d: `, retry, status, ignoreError),

		certain("proxy", "the proxy in front of the cache service failed or wants credentials",
			said, requestTo+`(?:proxyconnect tcp: |Proxy Authentication Required|.*Bad Gateway$)`,
			newBuilder+" --driver-opt env.HTTPS_PROXY=URL", "NO_PROXY=results-receiver.actions.githubusercontent.com,.blob.core.windows.net"),
		certain("loopback-from-container", "the cache service listens on loopback, where a builder in a container cannot reach it",
			said, requestTo+`dial tcp (?:127\.\d+\.\d+\.\d+|\[::1\]):\d+: connect: connection refused`,
			newBuilder+" --driver-opt network=host", "docker ghacache serve --listen ADDRESS   # one that the builder reaches"),
		certain("connection-refused", "nothing listens at the address of the cache service",
			said, requestTo+`.*(?:connection refused|actively refused it|no route to host|network is unreachable)`, doctor),
		certain("dns", "the builder cannot resolve the name of the cache service",
			said, requestTo+`.*(?:no such host|server misbehaving|Temporary failure in name resolution|lookup \S+.* i/o timeout)`,
			"let the runner resolve *.actions.githubusercontent.com and *.blob.core.windows.net", newBuilder+" --driver-opt network=host"),
		certain("tls", "BuildKit does not trust the certificate of the cache service: a proxy's or a company's authority",
			said, requestTo+`.*(?:x509: |tls: )`,
			"build an image FROM moby/buildkit:buildx-stable-1 with the authority in /etc/ssl/certs", newBuilder+" --driver-opt image=IMAGE"),
		probable("network-timeout", "the cache service did not answer in time",
			said, requestTo+`.*(?:TLS handshake timeout|i/o timeout|connection timed out|context deadline exceeded|Client\.Timeout exceeded)`,
			retry, status, ignoreError),
		probable("connection-broken", "the connection to the cache service broke",
			said, requestTo+`.*(?:connection reset by peer|broken pipe|use of closed network connection|read on closed response body|\bEOF$|http2: |stream error)`,
			retry, ignoreError),

		certain("rest-rate-limit", "the REST API of GitHub is used up for this hour",
			said, `/actions/caches?\b.*rate limit|rate limit.*/actions/caches?\b`, "gh api rate_limit", "permissions: {actions: read}   # and GITHUB_TOKEN: more than an anonymous caller has"),
		certain("rest-permission", "the token for the REST API may not see or delete the repository's caches",
			said, `/actions/caches?\b.*(?:Resource not accessible by|Must have admin rights|Bad credentials|403 Forbidden)|(?:Resource not accessible by|Must have admin rights|Bad credentials).*/actions/caches?\b`,
			"permissions: {actions: write}   # read suffices to list"),
		probable("rest-listing", "BuildKit could not list the repository's caches with ghtoken",
			said, `^error initializing active key map: `, "leave ghtoken and repository out of the cache option", "permissions: {actions: read}"),
		certain("key-exists", "actions/cache wants to save under a key that exists: entries are never overwritten",
			said, `^(?:ReserveCacheError: )?Unable to reserve cache with key .*another job may be creating this cache`, "key: ${{ runner.os }}-${{ hashFiles('…') }}   # a key that changes with its content"),
	}
}

// lastCauses are the general ones: they count only where nothing else explains the line.
func lastCauses() []Cause {
	return []Cause{
		certain("disk-full", "the disk of the builder is full",
			build, `no space left on device`, "docker buildx prune --max-used-space 10gb", "mode=min   # caches fewer layers", "df -h /var/lib/docker"),
		probable("builder-died", "BuildKit stopped during the build: out of memory, or crashed on a reply of a cache service that is not GitHub's",
			said, `^failed to receive status: rpc error: code = Unavailable desc = (?:error reading from server: EOF|closing transport due to: connection error|connection error: )`,
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
