package github

import "strings"

// Server reports whether a host is a GitHub server that GitHub runs: github.com,
// or a tenant of it, NAME.ghe.com. A GitHub Enterprise Server is none.
func Server(host string) bool {
	host = strings.ToLower(host)
	return host == "github.com" || strings.HasSuffix(host, ".ghe.com")
}

// Cloud reports whether GitHub runs the service at a host: a [Server], its API, or
// the services behind it, such as the cache at *.actions.githubusercontent.com.
func Cloud(host string) bool {
	host = "." + strings.ToLower(host)
	for _, domain := range []string{".github.com", ".ghe.com", ".githubusercontent.com"} {
		if strings.HasSuffix(host, domain) {
			return true
		}
	}
	return false
}
