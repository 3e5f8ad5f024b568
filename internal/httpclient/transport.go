package httpclient

import (
	"errors"
	"net"
	"net/http"
	"time"
)

// AttemptTimeout is how long one attempt of a request waits for the reply.
const AttemptTimeout = 30 * time.Second

// connections are how many idle connections to a host are kept, unless a client needs
// another number.
const connections = 48

// ErrTooLarge means that a reply is larger than its reader accepts.
var ErrTooLarge = errors.New("the reply is too large")

// NewTransport keeps as many idle connections as there are parallel requests at most.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: AttemptTimeout,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   connections,
		ForceAttemptHTTP2:     true,
	}
}
