package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/atomicfile"
)

// asProxy is the first word with which this program is what a relay is compared with.
const asProxy = "proxy"

// proxy passes all requests on to the service of its environment, until it is killed. It writes the environment of its own clients
// to a file.
func proxy(file string) error {
	service, err := url.Parse(os.Getenv("ACTIONS_RESULTS_URL"))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env := fmt.Sprintf("ACTIONS_RESULTS_URL=http://%s/\nACTIONS_RUNTIME_TOKEN=%s\n", listener.Addr(), os.Getenv("ACTIONS_RUNTIME_TOKEN"))
	if err := atomicfile.Write(file, []byte(env), 0o600); err != nil {
		return err
	}
	handler := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(service)
		r.Out.Host = r.In.Host // so that the URLs that the service signs are those of the proxy
	}}
	return (&http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}).Serve(listener)
}
