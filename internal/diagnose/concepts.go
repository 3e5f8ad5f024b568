package diagnose

import "sync"

// Subjects of several concepts.
const (
	// theCache is the cache service, its clients and the steps that use it.
	theCache = `getcacheentry|reservecache|savecache|commitcache|downloadcache|uploadchunk|createcacheentry|finalizecacheentry|cache service|cache backend|actions'? cache|gha cache|_apis/artifactcache|artifactcache\.|results-receiver|cacheservice/|/actions-cache/|actions/cache|` + saves + `|\bcache (?:(?:save|restore|reservation)\b|upload failed)|\b(?:sav|restor)(?:e|ing) (?:the |a )?cache|\bghac\b|(?:importing cache manifest from|exporting to) (?:gha|github actions cache)|failed to parse error response|type=gha|^cache keys?: |/cache\.t(?:gz|zst)\b`
	// aBuilder is what builds.
	aBuilder = `\bbuilder instance|\bbuilder \"?\S*[-_\d]|\bbuildkitd?\b|buildkitd|\bbuildx_buildkit_|docker-container driver|\bbuildx\b`
	// saves is what actions/cache and its kin say of their work.
	saves = `(?:^|warning:? |error:? |\] ?)failed to (?:save|restore)(?:: | (?:the )?cache)`
)

// concepts are those of all causes, the more specific before the more general.
var concepts = sync.OnceValue(func() []concept { //nolint:gochecknoglobals // the same for every log
	return []concept{
		about("actions-cache-deprecated", `actions/cache`, `deprecated version|automatically failed`),
		about("v1-sunset-action", `legacy service`, `(?:save|restore|reserve|sccache|api error|getcacheentry|server startup).*shutting\s+down`).within(3),
		about("v1-sunset", `legacy service|artifactcache`, `shutting\s+down|decommissioned`).within(1),
		about("quota-full", `cache`, `budget|storage quota|insufficient usage|over the (?:10gb|data cap) limit`).within(1),
		about("read-denied", `cache|scope`, `cache read denied|no readable scopes|scopes with read permission`),
		about("read-only-token", `cache|scope`, `write denied|no writable scopes|scopes with write permission|cache is read[- ]only`).unless(`does not fail the job`),
		about("rest-permission", `\bcaches?\b`, `resource not accessible|must have admin rights|bad credentials|/actions/caches\b.*\b40[13]\b|\b40[13]\b.*/actions/caches\b|delet.*\b403\b`).unless(`comment|issue|label|release|branch`),
		about("rest-rate-limit", `/actions/caches?`, `rate limit`),
		about("throttled-too-long", `timeout|delay`, `maximum timeout`),
		about("throttled", theCache+`|github api|data close failed`, `\b429\b|too many requests|rate limit|throttl|exceeding usage|resource_exhausted`),
		about("key-exists", theCache+`|reserve|cache key`, `already exists|may be creating|\b409\b`).unless(`refs?/heads/\S* already|file|context`),
		about("reserve-refused", `reserve`, `failed to reserve|could not reserve|reservation (?:was )?(?:refused|failed)`).unless(`^panic: `),
		about("commit-refused", `commit|finali[sz]e`, `failed to commit cache|unable to finali[sz]e cache|invalidseal`),
		about("runtime-url-missing", `cache service url|actions_(?:cache|results|runtime)_url|cache url`, `not found|unable|missing|not set|is empty`),
		about("runtime-token-missing", `actions_runtime_token|token not set|runtime token`, `not found|unable|missing|not set|is empty`),
		about("token-expired", `cache token|runtime token`, `expired`),
		about("token-without-scopes", `token`, `without access controls|access controls type|parse .*(?:access controls|token acs)`),
		about("token-malformed", `token`, `invalid number of segments|is malformed|without (?:claims|expiration)`),
		about("ghes-certificate", `certificate`, `signing certificate .*not found`),
		about("url-expired", `actions-cache/|productionresultssa|failed to (?:save|restore):|received \d+ of|invalid status response`, `failed to authenticate|authenticationfailed|signature not valid|request has expired|url has expired`).within(6).unless(`artifact|/logs/`).whoever(),
		about("layer-evicted", `blob sha256|\bblob not found|actions-cache|cache entry|failed to (?:copy|solve)|invalid status response`, `blob (?:\S+ )?not found|blobnotfound|(?:specified|cache) (?:blob|entry) (?:does not|no longer) exists?|failed to get state for index`).within(6).unless(`push`),
		about("entry-damaged", `cache\.t(?:gz|zst|ar)(?:["\s]|$)|tar"? failed with error|failed to restore|received \d+ of`, `unexpected eof in archive|corrupted|not in gzip format|unsupported format|premature end|decoding error|does not look like a tar|truncated|unexpected end of file`).within(3),
		about("disk-full-somewhere", `exporting|buildkit|buildx|builder instance|cache\.t|containerd-mount|overlay2/|/var/lib/(?:buildkit|containerd)|failed to (?:save: |restore: |solve|register)`, `no space left|enospc|disk quota exceeded|not enough (?:disk )?space|disk is full|disk full`).within(4).unless(`/_diag/|/dev/shm|^fix `).whoever(),

		about("kubernetes-permission", `booting|buildkit|buildx|\bbuilder\b|deploymentclient`, `(?:deployments?|statefulsets?|pods?|configmaps?)\b.*(?:is forbidden|cannot (?:create|get|list))|to provide credentials`).within(4),
		about("builder-died", `moby/buildkit/(?:solver|cache|worker|control|session|util)|buildkitd`, `goroutine|\bpanic: |sigsegv|segmentation`).within(4).unless(`docker/buildx/`),
		about("builder-not-started", `booting buildkit|booting builder|moby/buildkit(?:[:@]|/manifests)|buildctl`, `\berror(?:[:\]]| from| \[|$)|failed`).within(3).unless(`failed to (?:solve|build|read|compute)|^#(?:[2-9]|1\d)|conflict: |^go: `).whoever(),
		about("builder-died", aBuilder+`|failed to (?:solve|get status|receive status)|earthly`, `is shutting down|crashed|had an issue|transport is closing|error reading from server|receive status: .*(?:eof|unavailable|closing)|oom[- ]?killed|stream terminated|keepalive ping|readdatapacket failed`).within(4).unless(`failed to copy to tar|legacy service`),
		about("builder-died", `\bbuildkitd?\b|buildx_buildkit_|builder instance`, `\bexited\b|\bkilled\b|\boom\b|has stopped|unexpectedly|connection (?:was |to \S+ (?:was )?)?(?:closed|lost)`).unless(`exited with code 0|exited \(0\)|runc`),
		about("docker-driver", `docker driver|driver: docker\b|containerd image store`, `not supported|unsupported|does not support|not implemented|different driver`),
		about("builder-missing", `\bbuildx\b|builder|instance "`, `no builder "|buildx/instances/\S*: |failed to find instance "|docker endpoint for`).whoever(),
		about("builder-refused", `\bbuildx\b|builder instance|loading nodes|for driver|driver/endpoint`, `no append mode|no remote endpoint|invalid duplicate endpoint|failed to find driver|invalid driver option|to switch to context|setting \S+ \S+ is not supported|already exists as context|instances of driver`).within(2),
		about("buildx-missing", `legacy builder is deprecated|install the buildx component`, `failed to parse platform`).within(12),
		about("buildx-missing", `\bbuildx\b|buildkit is enabled|--mount option`, `\bmissing\b|not installed|isn't installed|not available|\bnot found|(?:could not|couldn't|cannot|unable to) find|unknown command|not a docker command|is required|requires buildkit|install (?:the )?(?:docker )?buildx (?:component|plugin)`).unless(`no builder|failed to (?:solve|build)|failed with: |dockerfile|target |version|buildx-cache|local cache import|releases|instances?/|image|manifest|scopes|moby/buildkit:|layer`),
		about("builder-not-started", aBuilder+`|setup-buildx|dagger engine|replicas|failed to get status`, `could not (?:start|create|connect)|failed to (?:start|initiali[sz]e|boot|connect|list workers|dial|respond|get status)|cannot connect to|unable to (?:connect|start)|timed? ?out waiting|not running|unhealthy|unreachable|not reachable|did not (?:start|respond|become)|(?:never|not) (?:became |become )?ready|server preface|server handshake|handshake failed|error while dialing|dial unix \S*buildkit|replicas to be ready|could not lock|tls data|needs to be running|error during connect|exec format error`).within(1).unless(`no builder|instances/|dockerfile|failed to read|push|checksum|qemu|/v2/`).whoever(),

		about("v1-endpoint", `artifactcache\.actions\.githubusercontent|\.actions\.githubusercontent\.com/\S*_apis/artifactcache`, `\berrors?: |failed|closed|refused|reset|timeout|temporarily|unavailable|\beof\b`).within(5),
		about("html-400", `failed to parse error response`, `response 400`),
		ofCaches("v1-refused", `(?:responded with|status:) \[?4(?:00|10|22)\b|(?:getcacheentry|failed to restore).*our services aren't available`).unless(`during|failed to parse`),
		ofCaches("proxy", `tunneling socket|proxyconnect|proxy authentication`),
		ofCaches("token-rejected", `\b401\b|\b403\b|unauthori[sz]ed|permission_?denied|unauthenticated`).unless(`push|git`),
		ofCaches("entry-lost", `\bnot_found\b|upload not found|404 during|specified (?:blob|resource) does not exist`).within(2),
		ofCaches("no-such-service", `\b404\b|bad_route`).unless(`download|tarball|push`),
		ofCaches("dns", `enotfound|eai_again|no such host|name resolution|resolve host|dns error`).within(1),
		ofCaches("tls", `unknown authority|issuer certificate|self[- ]signed|verify the first certificate|unknownissuer`).within(1),
		ofCaches("tls-failed", `\bx509\b|certificate|\beproto\b|ssl routines|handshake failure`),
		ofCaches("loopback-refused", `(?:127\.0\.0\.1|localhost|::1).*refused|refused.*(?:127\.0\.0\.1|localhost|::1)`),
		ofCaches("connection-refused", `econnrefused|connection refused|ehostunreach|enetunreach|actively refused`),
		ofCaches("network-timeout", `etimedout|timed? ?out|timeout|deadline exceeded`).within(1),
		ofCaches("connection-broken", `econnreset|\bepipe\b|hang up|reset by peer|broken pipe|forcibly closed|unexpected eof|premature close|other side closed|terminated`).within(1),
		ofCaches("server-incompatible", `cannot unmarshal|invalid body|invalid block|content[- ]range|content-length`),
		ofCaches("service-down", `responded with \[?5\d\d|\b50[0234]\b|unavailable|internal (?:server )?error|temporarily|aren't available|bad gateway`).within(1),
		ofCaches("not-json", `unexpected token|not valid json|failed to unmarshal <|invalid character`),
		about("builder-not-started", `buildx|buildkit`, `cannot connect to the docker daemon|docker daemon (?:is not|isn't) running|failed to connect to the docker api`).within(6),
		about("layer-download-broken", `failed to (?:solve|compute)|#\d+ error`, `failed to copy: .*(?:timed out|timeout|reset by peer|eof|refused|broken)`).unless(`writing layer|to send|push|operation error`),
	}
})

// ofCaches is the concept of a failure of the cache service.
func ofCaches(id, failure string) concept { return about(id, theCache, failure) }
