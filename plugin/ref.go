package plugin

import (
	"strconv"
	"strings"
)

// fullRef completes a ref: main is a branch, 12 and #12 are pull requests.
func fullRef(ref string) string {
	if strings.HasPrefix(ref, "refs/") {
		return ref
	}
	if number := strings.TrimPrefix(ref, "#"); isNumber(number) {
		return "refs/pull/" + number + "/merge"
	}
	return "refs/heads/" + ref
}

// shortRef is the least that fullRef completes to ref.
func shortRef(ref string) string {
	short := strings.TrimPrefix(ref, "refs/heads/")
	if number, ok := strings.CutPrefix(ref, "refs/pull/"); ok {
		short = "#" + strings.TrimSuffix(number, "/merge")
	}
	if fullRef(short) != ref {
		return ref
	}
	return short
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 63)
	return err == nil
}
