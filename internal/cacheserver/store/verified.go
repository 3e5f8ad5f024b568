package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
)

// layerKey is the key of a layer of BuildKit, which is the digest of its content.
var layerKey = lazyregexp.New(`^buildkit-blob-\d+-sha256:([0-9a-f]{64})$`)

// keyDigest returns the digest of the content, if the key says it.
func keyDigest(key string) ([]byte, bool) {
	m := layerKey().FindStringSubmatch(key)
	if m == nil {
		return nil, false
	}
	sum, err := hex.DecodeString(m[1])
	return sum, err == nil
}

// verified reads content and compares it with its digest before it gives out the end. That takes a reader of all of it in
// order: one of ranges gets what there is.
type verified struct {
	io.ReadSeekCloser
	size    int64
	pos     int64
	hash    hash.Hash
	hashed  int64
	want    []byte
	differs func(error)
}

func newVerified(content io.ReadSeekCloser, size int64, want []byte, differs func(error)) *verified {
	return &verified{ReadSeekCloser: content, size: size, hash: sha256.New(), want: want, differs: differs}
}

// Read implements [io.Reader].
func (v *verified) Read(p []byte) (int, error) {
	n, err := v.ReadSeekCloser.Read(p)
	if v.pos == v.hashed {
		v.hash.Write(p[:n])
		v.hashed += int64(n)
	}
	v.pos += int64(n)
	if v.hashed == v.size && v.pos == v.size && n > 0 {
		if got := v.hash.Sum(nil); !bytes.Equal(got, v.want) {
			err = fmt.Errorf("the content has the digest %x", got)
			v.differs(err)
			return 0, err
		}
	}
	return n, err
}

// Seek implements [io.Seeker].
func (v *verified) Seek(offset int64, whence int) (int64, error) {
	pos, err := v.ReadSeekCloser.Seek(offset, whence)
	v.pos = pos
	return pos, err
}
