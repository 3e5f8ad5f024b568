package diagnose

import (
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// requestTo matches net/http's report of a failed request to a cache service or to its blobs. What follows is the
// network's own error: that of another part of the build, which cancelled the request, may follow too.
const requestTo = `^(?:` + request + `|` + asked + `)`

const request = `(?:Get|Post|Patch|Put|Head) "(?:[^"]*(?:CacheService/|_apis/artifactcache/)|https?://[^/"]+\.blob\.core\.windows\.net/actions-cache/|https?://[^/"]+/devstoreaccount1/)[^"]*": `

var toCache = lazyregexp.New(`^` + request)

// client matches a failed request of a client of the cache that runs on Node.js.
const client = toolkit + `(?:(?:\w*Error|Unable to make request|request to \S+ failed, reason|Error reading response as text|Invalid response body while trying to fetch \S+|fetch failed .*\{ \w*Error): )*(?:connect |read |write |getaddrinfo )?`

// loopbackRefused is the cause that a [Situation] makes another one.
const loopbackRefused = "loopback-refused"

// networkCauses are those that lie on the way to the cache service.
func networkCauses() []Cause {
	return []Cause{
		certain("proxy", "the proxy in front of the cache service failed, forbids the connection or wants credentials",
			said, client+`(?:tunneling socket could not be established|Proxy response \(\d+\))|`+toolkit+`Failed request: \(407\)|`+toolkit+`.*\b(?:tunnel error|unsuccessful tunnel|proxy auth(?:entication|orization) required)|`+`^failed to parse error response 407: |^unknown error 407 P|`+requestTo+goProxy,
			newBuilder+" --driver-opt env.HTTPS_PROXY=URL", BypassProxy),
		probable(loopbackRefused, "nothing answers at HOST:PORT where the build runs: the cache server is down, or the build is in a container with a network of its own",
			said, requestTo+`dial tcp ((?:127\.\d+\.\d+\.\d+|\[::1\]):\d+): (?:connect: connection refused|connectex: .*actively refused it)|`+client+`ECONNREFUSED ((?:127\.\d+\.\d+\.\d+|::1):\d+)`,
			"docker ghacache serve --listen HOST:PORT …   # if the server is down; one of your own must give out a URL that the build reaches", newBuilder+" --driver-opt network=host   # if the builder is in a container", Doctor),
		certain("connection-refused", "there is no connection to the cache service at HOST:PORT",
			said, requestTo+`dial tcp (\S+): (?:connect: connection refused|connectex: .*actively refused it|`+goUnreachable+`)|`+client+`(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)\s*(\S*)|`+toolkit+`.*\b(?:(?:Connection refused|No route to host|Network is unreachable) \(os error|actively refused it\. \(os error)`, Doctor),
		certain("dns", "the name of the cache service cannot be resolved",
			said, requestTo+goName+`|`+client+`(?:ENOTFOUND|EAI_AGAIN)|\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?:artifactcache|results-receiver|acghub\w+)\.actions\.githubusercontent\.com|`+toolkit+`.*\bdns error: failed to lookup`,
			"let the runner resolve *.actions.githubusercontent.com and *.blob.core.windows.net", newBuilder+" --driver-opt network=host"),
		certain("tls", "the cache service's certificate is signed by an authority that is not trusted: a proxy's or a company's",
			said, requestTo+goAuthority+`|`+client+`(?:unable to (?:verify the first|get (?:local )?issuer) certificate|self[- ]signed certificate)|`+toolkit+`.*(?:\bUnknownIssuer\b|UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT|\((?:self[- ]signed|unable to get (?:local )?issuer) certificate)`,
			"build an image FROM moby/buildkit:buildx-stable-1 with the authority in /etc/ssl/certs", newBuilder+" --driver-opt image=IMAGE"),
		probable("no-tls", "the cache service speaks no TLS, but its URL begins with https://",
			said, requestTo+goNoTLS, "use http:// in the service's URL: ACTIONS_RESULTS_URL, or url_v2= of the cache option", Doctor),
		probable("tls-failed", "the TLS connection to the cache service failed: a certificate of another name, a clock that is wrong, or a server that speaks no TLS",
			said, requestTo+goTLS+`|`+client+`(?:EPROTO|certificate (?:has expired|is not yet valid)|CERT_HAS_EXPIRED|ERR_TLS_|Hostname/IP does not match)|`+toolkit+`.*\b(?:SSL routines|invalid peer certificate|received (?:fatal alert|corrupt message))\b`, Doctor, "date -u   # on the machine that runs BuildKit"),
		probable("network-timeout", "the cache service did not answer in time",
			said, requestTo+goTimeout+`|`+client+`(?:ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_\w+_TIMEOUT|(?:Connect|Headers|Body) Timeout Error)|`+toolkit+`(?:(?:Error: )?Request timeout|The operation cannot be completed in timeout|The operation was aborted\.|network timeout at: |downloadSegmentRetry failed due to timeout|.*(?:\boperation timed out\b|\bdeadline has elapsed\b|\(os error (?:60|110|10060)\)))|^(?:Error: )?Aborting cache download as the download time exceeded|`+toolkit+`Failed request: \(408\)|^stalled: |^Request timeout: \S*(?:_apis/artifactcache/|CacheService/)`,
			Retry, StatusPage, ignoreError),
		probable("connection-broken", "the connection to the cache service broke",
			said, requestTo+goBroken+`|`+client+`(?:ECONNRESET|EPIPE|ECONNABORTED|socket hang up|[Pp]remature close|terminated$|aborted|other side closed|UND_ERR_SOCKET|Client network socket disconnected|Failed to send the request\.)|^(?:Error: )?Incomplete download\. Expected file size|`+toolkit+`.*\b(?:connection closed before message completed|(?:[Cc]onnection reset by peer|Broken pipe) \(os error|tls handshake eof|unexpected EOF during|forcibly closed by the remote host\. \(os error|established connection was aborted .*\(os error)`,
			Retry, ignoreError),
		probable("layer-download-broken", "the connection broke while BuildKit downloaded a layer, from the gha cache or from a registry",
			build, `^(?:\S+: )?(?:failed to (?:resolve source metadata for \S+|create LLB definition): )?`+copying+opening+goCut+`|^failed commit on ref "[^"]*": (?:"[^"]*" failed size validation: |unexpected commit (?:size|digest) )|^short read: expected \d+ bytes but got \d+: unexpected EOF`, Retry, StatusPage, "docker ghacache build --gha-skip …   # builds without the gha caches meanwhile").commonly(),
	}
}

// loopbackOutOfReach is loopback-refused where the builder is known to be in a container of this machine that has a
// network of its own.
func loopbackOutOfReach() Cause {
	return Cause{
		ID: "loopback-from-container", Certain: true,
		Title:  "the builder has a network of its own, where HOST:PORT is not this machine's: a cache service on loopback is out of its reach",
		Advice: []string{newBuilder + " --driver-opt network=host", "docker ghacache serve --listen ADDRESS …   # one that the builder reaches"},
	}
}

// loopbackElsewhere is loopback-refused where the builder is known to run on another machine. It is not certain: that
// machine may have a cache service of its own, which is down.
func loopbackElsewhere() Cause {
	return Cause{
		ID:     "loopback-from-elsewhere",
		Title:  "the builder runs on another machine or in a pod, where HOST:PORT is not this machine's: a cache service on loopback is out of its reach",
		Advice: []string{"docker ghacache serve --listen ADDRESS …   # one that the builder reaches", Doctor},
	}
}

// loopbackSilent is loopback-refused where the builder is known to share its machine's network. It is not certain:
// the machine may be another one, such as Docker Desktop's.
func loopbackSilent() Cause {
	return Cause{
		ID:     "loopback-silent",
		Title:  "nothing answers at HOST:PORT: the cache server is down",
		Advice: []string{"docker ghacache serve --listen HOST:PORT …   # on the machine of the builder", Doctor},
	}
}

// How Go's net, net/http, crypto/tls and crypto/x509 word the failures of a connection on Linux, macOS and Windows, behind the
// request that met them. A proxy that refuses CONNECT leaves nothing but the text of its status.
const (
	goProxy       = `(?:proxyconnect tcp: |socks connect tcp |(?:Proxy Authentication Required|Bad Gateway|Forbidden|Service Unavailable|Gateway Timeout|Bad Request|Unauthorized|Not Found|Method Not Allowed|Request Timeout|Too Many Requests|Internal Server Error|Not Implemented|authenticationrequired|unknown status code)$)`
	goUnreachable = `connect(?:ex)?: (?:no route to host|network is unreachable|network is down|host is down|can(?:not|'t) assign requested address|permission denied|operation not permitted|.*to an unreachable (?:network|host))`
	goName        = `dial tcp: lookup \S+(?: on \S+)?: (?:no such host|server misbehaving|Temporary failure in name resolution|i/o timeout|read udp|dial udp|getaddrinfow: |device or resource busy|no (?:answer|suitable)|lame referral|invalid DNS|cannot |[A-Z])`
	goAuthority   = `(?:tls: failed to verify certificate: )?x509: (?:certificate signed by unknown authority|“[^”]*” certificate is not trusted|failed to load system roots)`
	goTLS         = `(?:tls: |x509: |(?:local|remote) error: tls: |(?:net/http: HTTP/1\.x transport connection broken: )?malformed HTTP response "\\x1[56])`
	goNoTLS       = `http: server gave HTTP response to HTTPS client`
	goTimeout     = `(?:net/http: TLS handshake timeout|(?:net/http|http2): timeout awaiting response headers|[^"]*\(Client\.Timeout exceeded while |context deadline exceeded|(?:dial|read|write) tcp \S+: .*(?:i/o timeout|timed out|did not properly respond))`
	goBroken      = `(?:(?:unexpected )?EOF$|http2: |stream error|connection error: [A-Z]|http: (?:read on closed response body|server closed idle connection)|net/http: (?:HTTP/1\.x transport connection broken|cannot rewind body)|(?:readLoopPeekFailLocked: |write error: )?(?:read|write|dial) tcp \S+: .*(?:reset by peer|broken pipe|use of closed network connection|forcibly closed|connection was aborted|connection abort|protocol wrong type))`
	// goCut matches the failures that end a download before it is complete.
	goCut = `(?:(?:read|write|dial) tcp |(?:unexpected )?EOF$|stream error|http2: |context deadline exceeded|connection error: [A-Z]|net/http: |http: (?:read on closed response body|server closed idle connection)|readLoopPeekFailLocked: |write error: |(?:local|remote) error: tls)`
)

// asked replaces the method and the URL of a failed request if its place in the log, and not its URL, tells that it went to the
// cache service or to its blobs.
const asked = "asked: "

var (
	aRequest = lazyregexp.New(`^(?:Get|Post|Patch|Put|Head) "([^"]*)": `)
	// blobOfOthers begins the URL of a storage account, which may be that of BuildKit's azblob cache.
	blobOfOthers = lazyregexp.New(`^https?://[^/]+\.blob\.core\.windows\.net/`)
)

// asksCache marks a failed request as one to the cache, unless its URL tells that it is one, or may be of another storage.
func (l *logLine) asksCache() {
	if m := aRequest().FindStringSubmatch(l.core); m != nil && !toCache().MatchString(l.core) && !blobOfOthers().MatchString(m[1]) {
		l.core = asked + l.core[len(m[0]):]
	}
}

// uploads reports whether a message is that of a failed upload. Only a client of the cache says nothing in front of one: others
// say what they wanted to do.
func uploads(core string) bool {
	return (strings.HasPrefix(core, `Put "http`) || strings.HasPrefix(core, `Patch "http`)) && !strings.Contains(core, "/v2/")
}
