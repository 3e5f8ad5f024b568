package cachecopy

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/docker-ghacache/docker-ghacache/internal/bkcache"
)

// verifier reads a layer, and returns an error at its end if it is not that layer.
type verifier struct {
	content io.Reader
	layer   bkcache.Layer
	hash    hash.Hash
	size    int64
	read    func(n int)
	err     error // of the content, other than io.EOF
}

func newVerifier(content io.Reader, l bkcache.Layer, read func(n int)) *verifier {
	return &verifier{content: content, layer: l, hash: sha256.New(), read: read}
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.content.Read(p)
	v.hash.Write(p[:n])
	v.size += int64(n)
	v.read(n)
	if errors.Is(err, io.EOF) {
		if err = v.verify(); err == nil {
			return n, io.EOF
		}
	}
	if err != nil {
		v.err = err
	}
	return n, err
}

func (v *verifier) verify() error {
	if v.size != v.layer.Size {
		return fmt.Errorf("layer %s has %d bytes instead of %d", v.layer.Digest, v.size, v.layer.Size)
	}
	if got := fmt.Sprintf("sha256:%x", v.hash.Sum(nil)); got != v.layer.Digest {
		return fmt.Errorf("layer %s is damaged: its digest is %s", v.layer.Digest, got)
	}
	return nil
}
