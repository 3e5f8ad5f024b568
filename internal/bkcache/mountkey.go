package bkcache

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// MountKeys is how the keys of saved cache mounts begin. They are this program's own; BuildKit does not read them. A key is
//
//	ghacache-mount-1/linux-amd64/%2F%2Froot%2F.cache#1f0e…@93ab….77c2…
//
// with the platforms, the mount, the entry's ID, the ID of what the mount held, and the IDs of the older entries that
// the entry builds on. So a listing shows what is needed, without the contents.
const MountKeys = "ghacache-mount-1/"

const (
	mountIDLen = 16  // hex digits of an entry's ID
	maxMount   = 200 // characters of a mount in a key; a longer one is hashed
)

// MountName is what a key says of a mount: BuildKit's ID of it, and the owner and mode that it was made with, if any.
func MountName(id, base string) string {
	name := url.PathEscape(id)
	if base != "" {
		name += ";" + url.PathEscape(base)
	}
	if len(name) > maxMount {
		sum := sha256.Sum256([]byte(name))
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	return name
}

// MountPrefix is what the keys of a mount begin with. Platforms are as linux/amd64, sorted, with plus signs between them.
func MountPrefix(platforms, name string) string {
	return MountKeys + strings.ReplaceAll(platforms, "/", "-") + "/" + name + "#"
}

// MountKey returns the key of an entry, which builds on others.
func MountKey(platforms, name, id, tree string, packs []Key) Key {
	parts := []string{tree}
	for _, p := range packs {
		parts = append(parts, p.MountID)
	}
	return ParseKey(MountPrefix(platforms, name)+id+"@"+strings.Join(parts, "."), Version)
}

func parseMount(key, rest string) Key {
	other := Key{text: key}
	platform, rest, ok := strings.Cut(rest, "/")
	name, rest, named := strings.Cut(rest, "#")
	id, rest, identified := strings.Cut(rest, "@")
	tree, packs, _ := strings.Cut(rest, ".")
	if !ok || !named || !identified || platform == "" || name == "" || !isMountID(id) || !isMountID(tree) {
		return other
	}
	if packs != "" {
		for pack := range strings.SplitSeq(packs, ".") {
			if !isMountID(pack) {
				return other
			}
		}
	}
	return Key{Kind: KindMount, Mount: name, Platform: platform, MountID: id, Tree: tree, Packs: packs, text: key}
}

func isMountID(s string) bool { return len(s) == mountIDLen && consistsOf(s, hexDigits) }

// MountLabel is the mount of a key as a user knows it: its ID, and owner and mode if it was made with them.
func (k Key) MountLabel() string {
	id, base, _ := strings.Cut(k.Mount, ";")
	for _, part := range []*string{&id, &base} {
		if plain, err := url.PathUnescape(*part); err == nil {
			*part = plain
		}
	}
	id = strings.TrimPrefix(id, "/") // BuildKit puts an empty namespace and a slash before it
	if base != "" {
		return id + " (" + base + ")"
	}
	return id
}
