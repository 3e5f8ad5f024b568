package cacheserver

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver/store"
)

// The reasons for which a request is refused. The texts of the denials are GitHub's.
var (
	errUnauthenticated = errors.New("invalid, expired or missing token")
	errReadDenied      = errors.New("cache read denied: token has no readable scopes")
	errWriteDenied     = errors.New("cache write denied: token has no writable scopes")
	errInvalid         = errors.New("invalid argument")
	errKeys            = fmt.Errorf("%w: want 1 to %d keys", errInvalid, maxKeys)
	errKey             = fmt.Errorf("%w: a key must have 1 to %d characters and no comma", errInvalid, maxKeyLen)
	errVersion         = fmt.Errorf("%w: a version must have 1 to %d bytes", errInvalid, maxVersion)
	errBody            = errors.New("reading the request body")
	errBodyTooLarge    = errors.New("request body is too large")
)

// grant is what a runtime token allows.
type grant struct {
	readable []string // in the order of the token
	writable string   // empty if none
	token    string   // a digest of it, which tells it from others
}

// authorize reads the runtime token of a request. Its error contains neither the token nor the reason.
func (f *Front) authorize(r *http.Request) (grant, error) {
	token, ok := bearer(r)
	if !ok {
		return grant{}, errUnauthenticated
	}
	var claims runtimeClaims
	if err := f.verify(f.runtimeKey, token, &claims); err != nil || !strings.EqualFold(claims.Repository, f.Repository) {
		return grant{}, errUnauthenticated
	}
	var list []access
	if err := json.Unmarshal([]byte(claims.AC), &list); err != nil {
		return grant{}, errUnauthenticated
	}
	sum := sha256.Sum256([]byte(token))
	g := grant{token: string(sum[:])}
	for _, a := range list {
		if a.Permission&permissionRead != 0 {
			g.readable = append(g.readable, a.Scope)
		}
		// The last writable ref: BuildKit builds the key of an index from it.
		if a.Permission&permissionWrite != 0 {
			g.writable = a.Scope
		}
	}
	return g, nil
}

// bearer also accepts "token", the scheme that gh uses.
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "token"))
}

const (
	maxKeys    = 10
	maxKeyLen  = 512 // characters
	maxVersion = 512 // bytes; real ones have 64
	maxJSON    = 128 << 10
)

// checkKeys returns the keys without duplicates: go-actions-cache sends the first one twice.
func checkKeys(keys []string) ([]string, error) {
	if len(keys) > maxKeys+1 {
		return nil, errKeys
	}
	var unique []string
	for _, key := range keys {
		if key == "" || strings.Contains(key, ",") || utf8.RuneCountInString(key) > maxKeyLen {
			return nil, errKey
		}
		if !slices.Contains(unique, key) {
			unique = append(unique, key)
		}
	}
	if len(unique) == 0 || len(unique) > maxKeys {
		return nil, errKeys
	}
	return unique, nil
}

// name returns the name of the entry that a request with this key would write.
func (g grant) name(version, key string) (store.Name, error) {
	if g.writable == "" {
		return store.Name{}, errWriteDenied
	}
	if _, err := checkKeys([]string{key}); err != nil {
		return store.Name{}, err
	}
	if version == "" || len(version) > maxVersion {
		return store.Name{}, errVersion
	}
	return store.Name{Ref: g.writable, Version: version, Key: key}, nil
}
