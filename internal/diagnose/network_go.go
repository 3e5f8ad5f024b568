package diagnose

import (
	"regexp"
	"strings"
)

// How Go's net, net/http, crypto/tls and crypto/x509 word the failures of a connection on Linux, macOS and Windows, behind the
// request that met them. A proxy that refuses CONNECT leaves nothing but the text of its status.
const (
	goProxy       = `(?:proxyconnect tcp: |socks connect tcp |(?:Proxy Authentication Required|Bad Gateway|Forbidden|Service Unavailable|Gateway Timeout|Bad Request|Unauthorized|Not Found|Method Not Allowed|Request Timeout|Too Many Requests|Internal Server Error|Not Implemented|authenticationrequired|unknown status code)$)`
	goUnreachable = `connect(?:ex)?: (?:no route to host|network is unreachable|network is down|host is down|can(?:not|'t) assign requested address|permission denied|operation not permitted|.*to an unreachable (?:network|host))`
	goName        = `dial tcp: lookup \S+(?: on \S+)?: (?:no such host|server misbehaving|Temporary failure in name resolution|i/o timeout|read udp|dial udp|getaddrinfow: |device or resource busy|no (?:answer|suitable)|lame referral|invalid DNS|cannot |[A-Z])`
	goAuthority   = `(?:tls: failed to verify certificate: )?x509: (?:certificate signed by unknown authority|“[^”]*” certificate is not trusted|failed to load system roots)`
	goTLS         = `(?:tls: |x509: |(?:local|remote) error: tls: |http: server gave HTTP response to HTTPS client|(?:net/http: HTTP/1\.x transport connection broken: )?malformed HTTP response "\\x1[56])`
	goTimeout     = `(?:net/http: TLS handshake timeout|(?:net/http|http2): timeout awaiting response headers|[^"]*\(Client\.Timeout exceeded while |context deadline exceeded|(?:dial|read|write) tcp \S+: .*(?:i/o timeout|timed out|did not properly respond))`
	goBroken      = `(?:(?:unexpected )?EOF$|http2: |stream error|connection error: [A-Z]|http: (?:read on closed response body|server closed idle connection)|net/http: (?:HTTP/1\.x transport connection broken|cannot rewind body)|(?:readLoopPeekFailLocked: |write error: )?(?:read|write|dial) tcp \S+: .*(?:reset by peer|broken pipe|use of closed network connection|forcibly closed|connection was aborted|connection abort|protocol wrong type))`
	// goCut matches the failures that end a download before it is complete.
	goCut = `(?:(?:read|write|dial) tcp |(?:unexpected )?EOF$|stream error|http2: |context deadline exceeded|connection error: [A-Z]|net/http: |http: (?:read on closed response body|server closed idle connection)|readLoopPeekFailLocked: |write error: |(?:local|remote) error: tls)`
)

// asked replaces the method and the URL of a failed request if its place in the log, and not its URL, tells that it went to the
// cache service or to its blobs.
const asked = "asked: "

var (
	aRequest = regexp.MustCompile(`^(?:Get|Post|Patch|Put|Head) "([^"]*)": `)
	// blobOfOthers begins the URL of a storage account, which may be that of BuildKit's azblob cache.
	blobOfOthers = regexp.MustCompile(`^https?://[^/]+\.blob\.core\.windows\.net/`)
)

// asksCache marks a failed request as one to the cache, unless its URL tells that it is one, or may be of another storage.
func (l *logLine) asksCache() {
	if m := aRequest.FindStringSubmatch(l.core); m != nil && !toCache.MatchString(l.core) && !blobOfOthers.MatchString(m[1]) {
		l.core = asked + l.core[len(m[0]):]
	}
}

// uploads reports whether a message is that of a failed upload. Only a client of the cache says nothing in front of one: others
// say what they wanted to do.
func uploads(core string) bool {
	return (strings.HasPrefix(core, `Put "http`) || strings.HasPrefix(core, `Patch "http`)) && !strings.Contains(core, "/v2/")
}
