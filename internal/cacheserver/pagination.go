package cacheserver

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	defaultPerPage = 30
	maxPerPage     = 100
)

// paginate returns the page that the request asks for, and links to the others. Like GitHub, it moves values out of
// range into the range, and returns an empty page after the last.
func paginate[T any](w http.ResponseWriter, r *http.Request, all []T) []T {
	perPage := min(positive(r, "per_page", defaultPerPage), maxPerPage)
	last := max(1, (len(all)+perPage-1)/perPage)
	page := positive(r, "page", 1)
	if links := pageLinks(r, page, last); len(links) > 0 {
		w.Header().Set("Link", strings.Join(links, ", "))
	}
	if page > last {
		return []T{}
	}
	return all[(page-1)*perPage : min(page*perPage, len(all))]
}

func pageLinks(r *http.Request, page, last int) (links []string) {
	link := func(to int, rel string) {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(to))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel=%q`, baseURL(r), requestPath(r), q.Encode(), rel))
	}
	if page > 1 {
		link(min(page-1, last), "prev")
	}
	if page < last {
		link(page+1, "next")
		link(last, "last")
	}
	if page > 1 {
		link(1, "first")
	}
	return links
}

// requestPath is the path as the client sent it, with the prefix that routing removed.
func requestPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if _, rest, ok := strings.Cut(path, "://"); ok {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	return path
}

func positive(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}
