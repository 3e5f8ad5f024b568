package cacheserver

import (
	"cmp"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/github"
	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/golang-jwt/jwt/v5"
	"github.com/moby/sys/atomicwriter"
)

// Issuer makes the tokens of a service from the key in its folder. The service need not run.
type Issuer struct {
	Repository string // owner/name of the service's repository

	secret     []byte
	now        func() time.Time
	runtimeKey []byte
	restKey    []byte
	blobKey    []byte
}

// identity is the content of the file service.json in the folder.
type identity struct {
	Secret     []byte `json:"secret"`
	Repository string `json:"repository"`
}

// RefAccess is a ref that a runtime token may read and, with Write, write.
type RefAccess struct {
	Ref    string
	Write  bool
	NoRead bool // like the token of a job with cache mode write-only
}

// OpenIssuer reads the key of the service in dir. The service must have been started there once. If now is nil,
// [time.Now] is used.
func OpenIssuer(dir string, now func() time.Time) (*Issuer, error) {
	if now == nil {
		now = time.Now //nolint:forbidigo // as documented
	}
	data, err := os.ReadFile(identityFile(dir))
	if err != nil {
		return nil, fmt.Errorf("reading the key of the cache service: %w", err)
	}
	if err := checkPrivate(identityFile(dir)); err != nil {
		return nil, err
	}
	var id identity
	if err := json.Unmarshal(data, &id); err != nil || len(id.Secret) == 0 {
		return nil, fmt.Errorf("reading the key of the cache service: %s is damaged", identityFile(dir))
	}
	i := &Issuer{Repository: id.Repository, secret: id.Secret, now: now}
	return i, i.derive()
}

// NewIssuer returns an issuer with a key of its own, which it does not store.
func NewIssuer(now func() time.Time) (*Issuer, error) {
	i := &Issuer{secret: []byte(rand.Text() + rand.Text()), now: now}
	return i, i.derive()
}

// checkPrivate refuses a key that others can read: with it they sign tokens of their own.
func checkPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return fmt.Errorf("other users can read the key of the cache service (mode %#o): run chmod 600 %q, or delete the file to make a new key", info.Mode().Perm(), path)
}

// ownerAndName matches OWNER/NAME, and no name that has only dots.
var ownerAndName = lazyregexp.New(`^\w[\w-]*/\.*[\w-][\w.-]*$`)

// openIssuer makes the key at the first start, and stores the repository for OpenIssuer.
func openIssuer(dir, repository string, now func() time.Time) (*Issuer, error) {
	if repository != "" && !ownerAndName().MatchString(repository) {
		return nil, fmt.Errorf("repository %q: want OWNER/NAME", repository)
	}
	i, err := OpenIssuer(dir, now)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		i = &Issuer{Repository: "local/repo", secret: []byte(rand.Text() + rand.Text()), now: now}
	case err != nil:
		return nil, err
	case repository == "" || repository == i.Repository:
		return i, nil
	}
	i.Repository = cmp.Or(repository, i.Repository)
	return i, errors.Join(i.derive(), i.save(dir))
}

func identityFile(dir string) string { return filepath.Join(dir, "service.json") }

// save replaces the whole file and syncs it, so that no token is signed with a key that is lost afterwards.
func (i *Issuer) save(dir string) error {
	data, err := json.Marshal(identity{i.secret, i.Repository}) //nolint:gosec // the file is there to keep the secret
	if err != nil {
		return err
	}
	return atomicwriter.WriteFile(identityFile(dir), data, 0o600)
}

// derive makes one key for each kind of signature, so that no signature is valid as another kind.
func (i *Issuer) derive() error {
	for kind, key := range map[string]*[]byte{"runtime token": &i.runtimeKey, "REST token": &i.restKey, "blob URL": &i.blobKey} {
		var err error
		if *key, err = hkdf.Key(sha256.New, i.secret, nil, kind, 32); err != nil {
			return err
		}
	}
	return nil
}

// runtimeClaims are the claims of GitHub's runtime token. GitHub also encodes ac as JSON within JSON.
type runtimeClaims struct {
	jwt.RegisteredClaims
	AC           string `json:"ac"`
	Repository   string `json:"repository"`
	RepositoryID string `json:"repository_id"`
}

// access is an element of the claim ac.
type access struct {
	Scope      string
	Permission int
}

const (
	permissionRead  = 1
	permissionWrite = 2
)

// restClaims say what a REST token may do beside listing.
type restClaims struct {
	jwt.RegisteredClaims
	Repository string `json:"repository"`
	Permission string `json:"permission"`
	// Refs are those on which permissionDelete holds.
	Refs []string `json:"refs,omitempty"`
}

const (
	permissionDelete = "delete" // entries on Refs
	permissionAdmin  = "admin"  // delete all entries, and set limits
)

// RuntimeToken returns a token for the cache protocols that is valid for ttl from now. The service searches the refs
// in this order, so a job's own ref comes first. Clients write to the last writable one, as BuildKit does.
func (i *Issuer) RuntimeToken(refs []RefAccess, ttl time.Duration) (string, error) {
	list := make([]access, len(refs))
	for n, r := range refs {
		list[n] = access{Scope: r.Ref}
		if !r.NoRead {
			list[n].Permission |= permissionRead
		}
		if r.Write {
			list[n].Permission |= permissionWrite
		}
	}
	ac, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	return sign(i.runtimeKey, runtimeClaims{i.valid(ttl), string(ac), i.Repository, "1"})
}

var errForeign = errors.New("reading the runtime token: it is not a token with refs and times")

// RuntimeTokenLike returns a runtime token with the refs and the times of another service's token, which it does not
// verify, and the refs. BuildKit makes the keys of indexes from the refs.
func (i *Issuer) RuntimeTokenLike(token string) (like string, refs []RefAccess, err error) {
	var claims runtimeClaims
	var list []access
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return "", nil, errForeign // the cause could quote the token
	}
	if json.Unmarshal([]byte(claims.AC), &list) != nil || claims.ExpiresAt == nil || claims.NotBefore == nil {
		return "", nil, errForeign
	}
	for _, a := range list {
		refs = append(refs, RefAccess{Ref: a.Scope, Write: a.Permission&permissionWrite != 0, NoRead: a.Permission&permissionRead == 0})
	}
	times := jwt.RegisteredClaims{NotBefore: claims.NotBefore, ExpiresAt: claims.ExpiresAt}
	like, err = sign(i.runtimeKey, runtimeClaims{times, claims.AC, i.Repository, ""})
	return like, refs, err
}

// RESTToken returns a token for the REST API, to list and, with write, to delete everything and to set limits.
func (i *Issuer) RESTToken(write bool, ttl time.Duration) (string, error) {
	claims := restClaims{RegisteredClaims: i.valid(ttl), Repository: i.Repository}
	if write {
		claims.Permission = permissionAdmin
	}
	return sign(i.restKey, claims)
}

// JobRESTToken returns the token for the REST API that belongs to a job's runtime token. A job that writes the default branch
// may do everything; another one lists everything and deletes what is on the refs that it writes.
func (i *Issuer) JobRESTToken(refs []RefAccess, defaultBranch string, ttl time.Duration) (string, error) {
	claims := restClaims{RegisteredClaims: i.valid(ttl), Repository: i.Repository}
	for _, r := range refs {
		switch {
		case !r.Write:
		case r.Ref == github.Branch(defaultBranch):
			return i.RESTToken(true, ttl)
		default:
			claims.Permission = permissionDelete
			claims.Refs = append(claims.Refs, r.Ref)
		}
	}
	return sign(i.restKey, claims)
}

// valid begins a minute ago, because a client's clock may be behind, as in virtual machines.
func (i *Issuer) valid(ttl time.Duration) jwt.RegisteredClaims {
	now := i.now()
	return jwt.RegisteredClaims{
		NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)),
		ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
	}
}

func sign(key []byte, claims jwt.Claims) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key)
}

func (i *Issuer) verify(key []byte, token string, claims jwt.Claims) error {
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return key, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(i.now))
	return err
}
