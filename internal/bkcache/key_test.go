package bkcache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"
	"pgregory.net/rapid"
)

// someDigest is the digest of the empty string.
const someDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestParseKey(t *testing.T) {
	for name, test := range map[string]struct {
		key  string
		want Key
	}{
		"an index": {
			"index-image-1-f921bd05#3",
			Key{Kind: KindIndex, Scope: "image", RefHash: "f921bd05", Number: "3"},
		},
		"a signed index": {
			"index-image-1-40a31afc-sig#12",
			Key{Kind: KindIndex, Signed: true, Scope: "image", RefHash: "40a31afc", Number: "12"},
		},
		"an index of the empty scope": {
			"index--1-f921bd05#1",
			Key{Kind: KindIndex, RefHash: "f921bd05", Number: "1"},
		},
		"a scope that looks like the rest of a key": {
			"index-a-1-f921bd05-sig#1-1-49c8f7d5#2",
			Key{Kind: KindIndex, Scope: "a-1-f921bd05-sig#1", RefHash: "49c8f7d5", Number: "2"},
		},
		"a scope of any characters": {
			"index-ü#\n\xff 日本-1-f921bd05#1",
			Key{Kind: KindIndex, Scope: "ü#\n\xff 日本", RefHash: "f921bd05", Number: "1"},
		},
		"a number that fits no integer": {
			"index-a-1-f921bd05#" + strings.Repeat("9", 40),
			Key{Kind: KindIndex, Scope: "a", RefHash: "f921bd05", Number: strings.Repeat("9", 40)},
		},
		"a layer": {
			"buildkit-blob-1-" + someDigest,
			Key{Kind: KindLayer, Digest: someDigest},
		},
		"a layer under another algorithm": {
			"buildkit-blob-1-sha512:" + strings.Repeat("0f", 64),
			Key{Kind: KindLayer, Digest: "sha512:" + strings.Repeat("0f", 64)},
		},
		"a signature": {
			"buildkit-blob-1-" + someDigest + "-sig",
			Key{Kind: KindSignature, Digest: someDigest},
		},
		"an empty key":                    {"", Key{}},
		"a key of another tool":           {"setup-go-Linux-x64-ubuntu24-go-1.26", Key{}},
		"an index without a number":       {"index-image-1-f921bd05", Key{}},
		"an index with an empty number":   {"index-image-1-f921bd05#", Key{}},
		"an index with a negative number": {"index-image-1-f921bd05#-1", Key{}},
		"an index with other digits":      {"index-image-1-f921bd05#٣", Key{}},
		"an index of a later format":      {"index-image-2-f921bd05#1", Key{}},
		"an index with upper-case hex":    {"index-image-1-F921BD05#1", Key{}},
		"an index with a short hash":      {"index-image-1-f921bd0#1", Key{}},
		"an index without a scope":        {"index-1-f921bd05#1", Key{}},
		"an index of nothing":             {"index-#1", Key{}},
		"a layer of a later format":       {"buildkit-blob-2-" + someDigest, Key{}},
		"a layer with a short digest":     {"buildkit-blob-1-sha256:abc", Key{}},
		"a layer with a bare digest":      {"buildkit-blob-1-" + strings.Repeat("0", 64), Key{}},
		"a layer signed twice":            {"buildkit-blob-1-" + someDigest + "-sig-sig", Key{}},
		"upper-case letters in front":     {"Index-image-1-f921bd05#1", Key{}},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.text = test.key
			if got := ParseKey(test.key, Version); got != test.want {
				t.Errorf("ParseKey(%q) = %#v, want %#v", test.key, got, test.want)
			}
			if got := ParseKey(test.key, "another version").Kind; got != KindOther {
				t.Errorf("another version gives %v, want %v", got, KindOther)
			}
		})
	}
}

func TestVersionIsTheHashInGoActionsCache(t *testing.T) {
	sum := sha256.Sum256([]byte("|go-actionscache-1.0"))
	if got := hex.EncodeToString(sum[:]); got != Version {
		t.Errorf("Version = %s, want %s", Version, got)
	}
}

func TestRefHash(t *testing.T) {
	for ref, want := range map[string]string{
		"refs/heads/main":   "f921bd05",
		"refs/heads/master": "49c8f7d5",
		"refs/pull/1/merge": "40a31afc",
		"":                  "e3b0c442",
	} {
		if got := hashRef(ref); got != want {
			t.Errorf("hashRef(%q) = %s, want %s", ref, got, want)
		}
		if key := IndexKey("s", ref, false, 1); !key.MatchesRef(ref) || key.MatchesRef(ref+"x") {
			t.Errorf("%s does not match exactly %q", key, ref)
		}
	}
	if LayerKey(someDigest).MatchesRef("") {
		t.Error("a layer matches a ref")
	}
}

func TestConstructorsRefuseWhatIsNoDigest(t *testing.T) {
	for _, digest := range []string{"", "sha256:", "md5:" + strings.Repeat("0", 32), someDigest + "\n"} {
		if kind := LayerKey(digest).Kind; kind != KindOther {
			t.Errorf("LayerKey(%q) has kind %v", digest, kind)
		}
		if kind := SignatureKey(digest).Kind; kind != KindOther {
			t.Errorf("SignatureKey(%q) has kind %v", digest, kind)
		}
	}
}

func TestWhatIsFormattedParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scope := hostileString().Draw(t, "scope")
		ref := hostileString().Draw(t, "ref")
		signed := rapid.Bool().Draw(t, "signed")
		n := rapid.Uint64().Draw(t, "n")
		key := IndexKey(scope, ref, signed, n)
		want := Key{
			Kind: KindIndex, Signed: signed, Scope: scope, RefHash: hashRef(ref), Number: fmt.Sprint(n),
			text: IndexPrefix(scope, ref, signed) + "#" + fmt.Sprint(n),
		}
		if key != want {
			t.Fatalf("have %#v, want %#v", key, want)
		}
		blob := digest.FromString(scope).String()
		if key := LayerKey(blob); key.Kind != KindLayer || key.Digest != blob {
			t.Fatalf("layer %#v, want digest %s", key, blob)
		}
		if key := SignatureKey(blob); key.Kind != KindSignature || key.Digest != blob {
			t.Fatalf("signature %#v, want digest %s", key, blob)
		}
	})
}

// hostileString generates strings that hold pieces of keys.
func hostileString() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"-1-", "#", "-sig", "index-", "f921bd05", "#1", "buildkit-blob-1-", "日本", "\xff", ""}),
		rapid.StringN(0, 5, -1),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add("index-image-1-f921bd05#3")
	f.Add("index-a-1-f921bd05-sig#1-1-49c8f7d5-sig#002")
	f.Add("buildkit-blob-1-" + someDigest)
	f.Add("buildkit-blob-1-" + someDigest + "-sig")
	f.Add("index--1-#")
	grammar := regexp.MustCompile(`^(?s:index-(.*)-1-([0-9a-f]{8})(-sig)?#([0-9]+))$`)
	f.Fuzz(func(t *testing.T, text string) {
		key := ParseKey(text, Version)
		if key.String() != text {
			t.Fatalf("%q comes back as %q", text, key)
		}
		var want Key
		blob, isBlob := strings.CutPrefix(text, "buildkit-blob-1-")
		bare, isSignature := strings.CutSuffix(blob, "-sig")
		if m := grammar.FindStringSubmatch(text); m != nil {
			want = Key{Kind: KindIndex, Scope: m[1], RefHash: m[2], Signed: m[3] != "", Number: m[4]}
		} else if isBlob && isSignature && digest.Digest(bare).Validate() == nil {
			want = Key{Kind: KindSignature, Digest: bare}
		} else if isBlob && digest.Digest(blob).Validate() == nil {
			want = Key{Kind: KindLayer, Digest: blob}
		}
		want.text = text
		if key != want {
			t.Fatalf("ParseKey(%q) = %#v, want %#v", text, key, want)
		}
	})
}

func BenchmarkParseKey(b *testing.B) {
	keys := []string{"index-image-1-f921bd05#3", "buildkit-blob-1-" + someDigest, "setup-go-Linux"}
	b.ReportAllocs()
	for b.Loop() {
		for _, key := range keys {
			ParseKey(key, Version)
		}
	}
}
