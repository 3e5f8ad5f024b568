package diagnose

import (
	"bytes"
	"slices"
	"strings"
)

// relevant are the words of which a line must have one to matter by itself: those that begin an error, and those of the
// texts that the catalogue and buildState know without a frame. Together with stepOutput, they make a log of 100 MB a
// matter of seconds.
var relevant = [][]byte{ //nolint:gochecknoglobals // a constant
	[]byte("rror"), []byte("ERR"), []byte("ailed"), []byte("arning"), []byte("WARN"),
	[]byte("gha"), []byte("uild"), []byte("xporting"), []byte("tarball"), []byte("No output"),
	[]byte("legacy service"), []byte("Decommissioned"), []byte("unknown flag"), []byte("unknown shorthand"), []byte("Run "), []byte("cache.t"), []byte("gzip"), []byte("archive"), []byte("runcated input"), []byte("zstd"), []byte("/*stdin"),
	[]byte("cache token"), []byte("actions cache"), []byte("Cache Service"), []byte("cache write"), []byte("cache read"), []byte("scopes"), []byte("--help'"), []byte("MBs/sec"), []byte("o space left"), []byte("shell: "), []byte("storage read check"), []byte("reserve cache with"), []byte("quota exceeded"), []byte("/actions/cache"), []byte("panic: "), []byte("docker compose "), []byte("Post job cleanup."), []byte("Artifact "),
}

// telling are the words of which a message in a frame must have one, if it is neither BuildKit's nor a client's.
var telling = map[frame][]string{ //nolint:gochecknoglobals // a constant
	bare: {
		"legacy service", "Decommissioned", "not set for github", "Cache Service Url", "cache token", "buildx", "buildkit", "unknown flag", "BuildKit",
		"cache write", "cache read", "scopes", "library/gha", "from gha", "> 4", "torn: ", "packing: ", "ApplyLayer", "GetImageBlob", "processing tar", "register layer", "docker-builder", ".docker_temp_", "filled: ", "last activity", "/actions/cache", "ACTIONS_", "ghac not found", "reserve cache with",
	},
	said: {
		"cache", "Cache", "gha", "uild", "legacy service", "Decommissioned", "unknown flag", "scopes", "token", "access controls",
		"error response", "unknown error", "rate limit", "ervices aren't available", "GitHub", "github", "twirp", "_apis/",
		".blob.core.windows.net", "devstoreaccount1", "unmarshal", "lock id", "nvalid body", "statusCode", "content range", "was blocked",
		"resource_exhausted", "thumbprint", "type required", "invalid value", "replicas", "workers", "resource \"", "receive status",
		"insufficient usage", "404", "409", "active key map", "JSON", "booting: ", "filled: ", "UnauthorizedRequest", "InvalidSeal", "> 4", "stalled: ", "driver", "env option", "missing keys", "ApplyLayer", "GetImageBlob", "processing tar", "register layer", "ACTIONS_", "archive: ", "creating: ", "instance", "namespace", "tolaration", "loadbalance", "non-absolute", "invalid name", "to pod ", "the child", "UID/GID", "dialing backend", "not accessible by", "delete _state", ".docker_temp_", "endpoint", "dial gRPC", "error while calling ", "for bootstrap ", "any container", "start engine", "share mount", "setup network", "to switch to", "Incomplete download",
	},
}

// mute reports whether no cause can explain a message in that frame. Many builds that do not fail end with noOutput, and
// the user waits while the last line is read.
func mute(core string, f frame) bool {
	return f < build && (strings.HasPrefix(core, noOutput) || !slices.ContainsFunc(telling[f], func(word string) bool { return strings.Contains(core, word) }))
}

// uneventful reports whether nothing that is known can be in a line, so that it need not be taken apart.
func (s *Scanner) uneventful(raw []byte) bool {
	if !s.paste.over || s.azure.number > 0 || s.wrapped.number > 0 || (s.making == creating || s.unended) && s.number == s.buildxAt+1 {
		return false
	}
	if stepOutput(raw) {
		return !bytes.Contains(raw, []byte(ofSccache))
	}
	for _, word := range relevant {
		if bytes.Contains(raw, word) {
			return false
		}
	}
	return true
}

// stepOutput reports whether a RUN step has printed a line, by the two frames that most logs have: the timestamps of
// GitHub Actions, and the columns of gh run view before them.
func stepOutput(raw []byte) bool {
	if job, rest, ok := bytes.Cut(raw, []byte("\t")); ok && len(job) < 100 {
		if _, line, ok := bytes.Cut(rest, []byte("\t")); ok && len(rest)-len(line) < 100 {
			raw = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
	}
	raw = raw[stampLength(raw):]
	rest, step := bytes.CutPrefix(raw, []byte("#"))
	if step {
		n := digits(rest)
		if n == 0 || n == len(rest) || rest[n] != ' ' {
			return false
		}
		rest = rest[n+1:]
	}
	n := digits(rest)
	if n == 0 || n == len(rest) || rest[n] != '.' {
		return false
	}
	rest = rest[n+1:]
	n = digits(rest)
	return n > 0 && n < len(rest) && rest[n] == ' '
}

func digits(b []byte) (n int) {
	for n < len(b) && digit(b[n]) {
		n++
	}
	return n
}
