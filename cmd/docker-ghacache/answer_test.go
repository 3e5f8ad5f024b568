package main

import (
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// httpAnswer is a server that is no cache service: http-answer FILE STATUS BODY
// [HEADER: VALUE...]. It writes its URL into FILE and gives every request the same
// answer; with the status 0, none, and with the body drip, a byte at a time. It ends
// when it is killed.
func httpAnswer() {
	status, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(os.Args[1]+".new", []byte("http://"+listener.Addr().String()), 0o644); err != nil {
		panic(err)
	}
	if err := os.Rename(os.Args[1]+".new", os.Args[1]); err != nil {
		panic(err)
	}
	panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status == 0 {
			<-r.Context().Done()
			return
		}
		for _, header := range os.Args[4:] {
			name, value, _ := strings.Cut(header, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		for os.Args[3] == "drip" && r.Context().Err() == nil {
			w.Write([]byte("{"))
			w.(http.Flusher).Flush()
			time.Sleep(200 * time.Millisecond)
		}
		w.Write([]byte(os.Args[3]))
	})))
}
