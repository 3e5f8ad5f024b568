package bkcache

import "strings"

const hexDigits = "0123456789abcdef"

// validDigest accepts what go-digest's Validate accepts. It uses no regular
// expressions, because a listing may have 100,000 keys.
func validDigest(digest string) bool {
	algorithm, encoded, _ := strings.Cut(digest, ":")
	var length int
	switch algorithm {
	case "sha256":
		length = 64
	case "sha384":
		length = 96
	case "sha512":
		length = 128
	default:
		return false
	}
	return len(encoded) == length && consistsOf(encoded, hexDigits)
}

// consistsOf reports whether s has at least one byte, and all bytes are in set.
func consistsOf(s, set string) bool {
	for i := range len(s) {
		if strings.IndexByte(set, s[i]) < 0 {
			return false
		}
	}
	return s != ""
}
