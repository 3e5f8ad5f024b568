package cacheserver

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault makes requests fail, for tests of clients. [ParseFault] returns one.
type Fault struct {
	method  string // empty: any
	path    *regexp.Regexp
	query   bool // match path and query
	status  int  // 0: cut the connection
	after   int64
	count   int // 0: always
	retry   time.Duration
	retries bool
}

// ParseFault reads PATTERN:ACTION[:COUNT[:RETRY-AFTER]].
//
// PATTERN is a path, or a method and a path: "POST /twirp/*". An asterisk matches anything, also slashes. A pattern
// with a question mark is compared with path and query, any other with the path, both without /api/v3. ACTION is a
// status; or "cut", which closes the connection without a reply; or "cut=BYTES", which closes it after that many
// bytes of the reply's body. COUNT is how many requests fail: all if it is missing or 0. RETRY-AFTER is in seconds.
func ParseFault(text string) (Fault, error) {
	fields := strings.Split(text, ":")
	if len(fields) < 2 || len(fields) > 4 {
		return Fault{}, fmt.Errorf("fault %q: want PATTERN:ACTION[:COUNT[:RETRY-AFTER]]", text)
	}
	var f Fault
	errs := []error{f.parsePattern(fields[0]), f.parseAction(fields[1])}
	if len(fields) > 2 {
		errs = append(errs, parseNumber(fields[2], &f.count))
	}
	if len(fields) > 3 {
		var seconds int
		errs = append(errs, parseNumber(fields[3], &seconds))
		f.retry, f.retries = time.Duration(seconds)*time.Second, true
	}
	for _, err := range errs {
		if err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", text, err)
		}
	}
	return f, nil
}

func (f *Fault) parsePattern(pattern string) error {
	path := pattern
	if method, rest, ok := strings.Cut(pattern, " "); ok {
		f.method, path = method, rest
	}
	if path == "" || path[0] != '/' && path[0] != '*' {
		return fmt.Errorf("pattern %q: want a path that begins with / or *", pattern)
	}
	glob := strings.ReplaceAll(regexp.QuoteMeta(path), `\*`, ".*")
	var err error
	f.path, err = regexp.Compile("(?s)^" + glob + "$")
	f.query = strings.Contains(path, "?")
	return err
}

func (f *Fault) parseAction(action string) error {
	if action == "cut" {
		return nil
	}
	if bytes, ok := strings.CutPrefix(action, "cut="); ok {
		n, err := strconv.ParseInt(bytes, 10, 64)
		if err != nil || n < 1 {
			return fmt.Errorf("action %q: want cut=BYTES", action)
		}
		f.after = n
		return nil
	}
	status, err := strconv.Atoi(action)
	if err != nil || status < 400 || status > 599 {
		return fmt.Errorf("action %q: want a status from 400 to 599, or cut", action)
	}
	f.status = status
	return nil
}

func parseNumber(text string, n *int) (err error) {
	if *n, err = strconv.Atoi(text); err != nil || *n < 0 {
		return fmt.Errorf("%q: want a number, 0 or more", text)
	}
	return nil
}

func (f *Fault) matches(r *http.Request) bool {
	if f.method != "" && f.method != r.Method {
		return false
	}
	path := strings.TrimPrefix(r.URL.Path, enterprisePrefix)
	if f.query {
		path += "?" + r.URL.RawQuery
	}
	return f.path.MatchString(path)
}

// faults are the faults of a server, with the requests left for each.
type faults struct {
	mu    sync.Mutex
	rules []Fault
	used  []int
}

func newFaults(rules []Fault) *faults {
	return &faults{rules: rules, used: make([]int, len(rules))}
}

func (f *faults) take(r *http.Request) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, rule := range f.rules {
		if rule.matches(r) && (rule.count == 0 || f.used[i] < rule.count) {
			f.used[i]++
			return rule, true
		}
	}
	return Fault{}, false
}

// apply answers the request, or returns the writer with which it is to be answered.
func (f Fault) apply(w *exchange, r *http.Request) http.ResponseWriter {
	if f.after > 0 {
		return &cutWriter{w, f.after}
	}
	if f.status == 0 {
		panic(http.ErrAbortHandler)
	}
	e := &restError{fmt.Sprintf("injected fault: %s", http.StatusText(f.status)), docs, f.status}
	if f.retries {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.retry.Seconds())))
		e.Docs += "#secondary-rate-limits"
	}
	w.body.drain(r)
	writeError(w, r, e)
	return nil
}

// Unwrap is for [http.ResponseController].
func (w *cutWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// cutWriter closes the connection after so many bytes of body.
type cutWriter struct {
	http.ResponseWriter
	left int64
}

func (w *cutWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p[:min(int64(len(p)), w.left)])
	if w.left -= int64(n); err == nil && n < len(p) {
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, err
}
