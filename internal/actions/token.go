package actions

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/docker-ghacache/docker-ghacache/cacheopts"
	"github.com/golang-jwt/jwt/v5"
)

// Access is one entry of a runtime token's `ac` claim: a ref, and the permissions
// for the caches on it.
type Access struct {
	Ref   string
	Read  bool
	Write bool
}

// Token is a decoded runtime token. Only the service can verify it.
type Token struct {
	Access     []Access  // in the token's order
	Expires    time.Time // zero when the token names no time
	NotBefore  time.Time // likewise
	Repository string    // owner/name, when the token names it
}

// WriteRef is the ref that BuildKit writes to: the last one with write permission;
// empty if there is none. Source: BuildKit's gha.go, indexKey.
func (t Token) WriteRef() string {
	ref := ""
	for _, a := range t.Access {
		if a.Write {
			ref = a.Ref
		}
	}
	return ref
}

// CanRead reports whether the token can read any ref.
func (t Token) CanRead() bool {
	for _, a := range t.Access {
		if a.Read {
			return true
		}
	}
	return false
}

// DecodeToken reads the claims that the cache's clients use. Like them, it does not
// verify the signature. Its errors never contain the token.
func DecodeToken(raw string) (Token, error) {
	var claims struct {
		jwt.RegisteredClaims
		AC         *string `json:"ac"`
		Repository string  `json:"repository"`
	}
	if _, _, err := jwt.NewParser().ParseUnverified(raw, &claims); err != nil {
		return Token{}, fmt.Errorf("the runtime token is not a JWT")
	}
	if claims.AC == nil {
		return Token{}, fmt.Errorf("the runtime token has no `ac` claim, which lists the refs that it may use")
	}
	var scopes []struct {
		Scope      string
		Permission int
	}
	if err := json.Unmarshal([]byte(*claims.AC), &scopes); err != nil {
		return Token{}, fmt.Errorf("the `ac` claim of the runtime token is not a JSON list of scopes")
	}
	t := Token{Repository: claims.Repository, Expires: timeOf(claims.ExpiresAt), NotBefore: timeOf(claims.NotBefore)}
	for _, s := range scopes {
		t.Access = append(t.Access, Access{Ref: s.Scope, Read: s.Permission&1 != 0, Write: s.Permission&2 != 0})
	}
	return t, nil
}

func timeOf(d *jwt.NumericDate) time.Time {
	if d == nil {
		return time.Time{}
	}
	return d.UTC()
}

// Grant is what a build may do with a runtime token under this job's cache-mode.
func (r Job) Grant(raw string) cacheopts.Grant {
	token, err := DecodeToken(raw)
	if err != nil {
		return cacheopts.Grant{Problem: err.Error()}
	}
	if token.Expires.IsZero() || token.NotBefore.IsZero() {
		// go-actions-cache, and so BuildKit, refuses it.
		return cacheopts.Grant{Problem: "the runtime token lacks its `exp` or `nbf` claim"}
	}
	grant := cacheopts.Grant{Expires: token.Expires}
	if token.WriteRef() == "" {
		grant.ReadOnly = "the runtime token has no write permission" + r.because()
	}
	if !token.CanRead() {
		grant.NoRead = "the runtime token has no read permission"
	}
	switch r.Mode {
	case ModeRead:
		grant.ReadOnly = "the workflow's cache-mode is read"
	case ModeNone:
		grant.ReadOnly, grant.NoRead = "the workflow's cache-mode is none", "the workflow's cache-mode is none"
	case ModeWriteOnly:
		grant.NoRead = "the workflow's cache-mode is write-only"
		grant.ReadOnly = "the workflow's cache-mode is write-only, and BuildKit reads before it writes"
	case ModeUnset, ModeWrite:
	}
	return grant
}

// because is the likely reason for a read-only token.
func (r Job) because() string {
	switch r.Event {
	case "pull_request":
		return ", as in every pull request from a fork"
	case "pull_request_target", "issue_comment", "workflow_run", "issues":
		return fmt.Sprintf(", as under the untrusted trigger %s", r.Event)
	}
	return ": a pull request from a fork, an untrusted trigger or a read-only cache-mode"
}
