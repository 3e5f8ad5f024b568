package bkcache

import (
	"strings"
	"testing"
)

func TestMountKeys(t *testing.T) {
	const id, tree, older = "0123456789abcdef", "fedcba9876543210", "00000000000000aa"
	for label, c := range map[string]struct{ id, base string }{
		"/root/.cache":                        {"//root/.cache", ""},
		"apt":                                 {"/apt", ""},
		"ns/go":                               {"ns/go", ""},
		"/c (uid=1000,gid=0,mode=0755)":       {"//c", "uid=1000,gid=0,mode=0755"},
		"a#b@c.d;e,f g%20h (mode=0700;x)":     {"/a#b@c.d;e,f g%20h", "mode=0700;x"},
		"/root/.cache with ümläuts\nand more": {"//root/.cache with ümläuts\nand more", ""},
	} {
		packs := []Key{MountKey("linux/amd64", "x", older, tree, nil)}
		k := MountKey("linux/amd64", MountName(c.id, c.base), id, tree, packs)
		if k.Kind != KindMount || k.MountID != id || k.Tree != tree || k.Packs != older || k.Platform != "linux-amd64" {
			t.Errorf("%q: %+v", label, k)
		}
		if k.MountLabel() != label {
			t.Errorf("label %q, want %q", k.MountLabel(), label)
		}
		if strings.ContainsAny(k.String(), ",\n ") {
			t.Errorf("%q is not a key that every client takes", k)
		}
		if prefix := MountPrefix("linux/amd64", MountName(c.id, c.base)); !strings.HasPrefix(k.String(), prefix) {
			t.Errorf("%q does not begin with %q", k, prefix)
		}
	}
	if k := MountKey("linux/amd64", MountName(strings.Repeat("long", 200), ""), id, tree, nil); k.Kind != KindMount || len(k.String()) > 400 {
		t.Errorf("a long ID makes %q", k)
	}
	for _, text := range []string{
		"", MountKeys, MountKeys + "linux-amd64/x#" + id, MountKeys + "linux-amd64/x#" + id + "@" + tree + ".", MountKeys + "linux-amd64/x#" + id + "@short",
		MountKeys + "/x#" + id + "@" + tree, MountKeys + "linux-amd64/#" + id + "@" + tree, MountKeys + "linux-amd64/x#" + id + "@" + tree + ".x",
	} {
		if k := ParseKey(text, Version); k.Kind != KindOther && text != MountKeys+"linux-amd64/x#"+id+"@"+tree+"." {
			t.Errorf("%q is %+v", text, k)
		}
	}
}
