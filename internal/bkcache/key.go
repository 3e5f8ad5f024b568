package bkcache

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Version is the version of every entry that go-actions-cache writes: the sha256 of
// "|go-actionscache-1.0". Other programs with that library use the same version, so
// only version and key together show that an entry is BuildKit's.
const Version = "693bb7016429d80366022f036f84856888c9f13e00145f5f6f4dce303a38d6f2"

// The fixed parts of BuildKit's keys; the 1 is its format version.
const (
	IndexKeys    = "index-" // how the keys of indexes begin
	indexInfix   = "-1-"
	signedSuffix = "-sig"
	BlobKeys     = "buildkit-blob-1-" // how those of layers and signatures begin
)

// refHashLen is the number of hex digits of a ref's hash in an index key.
const refHashLen = 8

// Kind is what an entry contains.
type Kind uint8

// The kinds of entries. The zero Kind is an entry of another tool.
const (
	KindOther Kind = iota
	KindIndex
	KindLayer
	KindSignature
	KindMount // a cache mount that this program saved
)

// Blob reports whether an index references entries of the kind by a digest.
func (k Kind) Blob() bool { return k == KindLayer || k == KindSignature }

// String returns the kind's name as commands print it.
func (k Kind) String() string {
	return [...]string{"other", "index", "layer", "signature", "mount"}[k]
}

// Key is a parsed key. Keys are comparable, and [Key.String] returns the text that
// was parsed. The zero Key is an empty key of another tool.
type Key struct {
	Kind    Kind
	Signed  bool   // index: written by a BuildKit that signs or verifies indexes
	Scope   string // index: the scope as the user gave it; may hold anything
	RefHash string // index: the first 8 hex digits of the ref's sha256
	Number  string // index: the decimal digits behind "#". BuildKit counts up from 1, and starts over once all entries are gone
	Digest  string // layer: the blob's digest; signature: that of the signed index

	Mount    string // mount: its name, as [MountName] makes it
	Platform string // mount: the platforms of the builds that used it, such as linux-amd64
	MountID  string // mount: the entry's ID
	Tree     string // mount: the ID of what the mount held
	Packs    string // mount: the IDs of the older entries that it needs, with dots between them

	text string
}

// ParseKey parses the key of an entry with the given version.
func ParseKey(key, version string) Key {
	if version == Version {
		if digest, ok := strings.CutPrefix(key, BlobKeys); ok {
			return parseBlob(key, digest)
		}
		if rest, ok := strings.CutPrefix(key, IndexKeys); ok {
			return parseIndexKey(key, rest)
		}
		if rest, ok := strings.CutPrefix(key, MountKeys); ok {
			return parseMount(key, rest)
		}
	}
	return Key{text: key}
}

func parseBlob(key, digest string) Key {
	kind := KindLayer
	if signed, ok := strings.CutSuffix(digest, signedSuffix); ok {
		kind, digest = KindSignature, signed
	}
	if !validDigest(digest) {
		return Key{text: key}
	}
	return Key{Kind: kind, Digest: digest, text: key}
}

// parseIndexKey parses from the end, because only the scope may contain "#" and
// "-1-".
func parseIndexKey(key, rest string) Key {
	hash := strings.LastIndexByte(rest, '#')
	if hash < 0 || !consistsOf(rest[hash+1:], "0123456789") {
		return Key{text: key}
	}
	number := rest[hash+1:]
	rest, signed := strings.CutSuffix(rest[:hash], signedSuffix)
	scopeLen := len(rest) - refHashLen - len(indexInfix)
	if scopeLen < 0 || !strings.HasPrefix(rest[scopeLen:], indexInfix) {
		return Key{text: key}
	}
	refHash := rest[scopeLen+len(indexInfix):]
	if !consistsOf(refHash, hexDigits) {
		return Key{text: key}
	}
	return Key{Kind: KindIndex, Signed: signed, Scope: rest[:scopeLen], RefHash: refHash, Number: number, text: key}
}

// String returns the key as the service stores it.
func (k Key) String() string { return k.text }

// MatchesRef reports whether an index key was made for ref. BuildKit hashes the
// last ref that its token may write, and the service stores the entry on that ref.
// If they differ, something else wrote the entry.
func (k Key) MatchesRef(ref string) bool {
	return k.Kind == KindIndex && k.RefHash == hashRef(ref)
}

// hashRef returns the hash of ref in index keys.
func hashRef(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return hex.EncodeToString(sum[:refHashLen/2])
}

// IndexPrefix is the key that BuildKit looks up to import a scope of a ref. The
// service matches prefixes, so an unsigned lookup also finds signed indexes. The
// scope's own indexes continue with "#".
func IndexPrefix(scope, ref string, signed bool) string {
	prefix := IndexKeys + scope + indexInfix + hashRef(ref)
	if signed {
		return prefix + signedSuffix
	}
	return prefix
}

// IndexKey returns the key of the n-th index of a scope on a ref; n is 1 or more.
func IndexKey(scope, ref string, signed bool, n uint64) Key {
	return ParseKey(IndexPrefix(scope, ref, signed)+"#"+strconv.FormatUint(n, 10), Version)
}

// LayerKey returns the key of the blob with the given digest, or a key of
// [KindOther] if the string is not a digest.
func LayerKey(digest string) Key { return ParseKey(BlobKeys+digest, Version) }

// SignatureKey returns the key of the signature of the index with the given digest,
// or a key of [KindOther] if the string is not a digest.
func SignatureKey(digest string) Key { return ParseKey(BlobKeys+digest+signedSuffix, Version) }
