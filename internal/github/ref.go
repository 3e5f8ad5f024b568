package github

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	heads = "refs/heads/"
	pulls = "refs/pull/"
	merge = "/merge"
)

// Branch is the ref of a branch.
func Branch(name string) string { return heads + name }

// BranchName is the branch whose ref it is.
func BranchName(ref string) (name string, ok bool) { return strings.CutPrefix(ref, heads) }

// Pull is the ref on which jobs for a pull request run.
func Pull(number int) string { return fmt.Sprintf("%s%d%s", pulls, number, merge) }

// PullNumber is the pull request for which jobs on a ref run.
func PullNumber(ref string) (number int, ok bool) {
	digits, isPull := strings.CutPrefix(ref, pulls)
	digits, isMerge := strings.CutSuffix(digits, merge)
	number, err := strconv.Atoi(digits)
	return number, isPull && isMerge && err == nil && number > 0 && Pull(number) == ref
}

// FullRef completes what a user writes: main is a branch, 12 and #12 are pull
// requests. A ref in full stays as it is.
func FullRef(ref string) string {
	if strings.HasPrefix(ref, "refs/") {
		return ref
	}
	if number, err := strconv.ParseUint(strings.TrimPrefix(ref, "#"), 10, 63); err == nil {
		return Pull(int(number))
	}
	return Branch(ref)
}

// ShortRef is the shortest text that [FullRef] completes to ref.
func ShortRef(ref string) string {
	short := strings.TrimPrefix(ref, heads)
	if number, ok := PullNumber(ref); ok {
		short = "#" + strconv.Itoa(number)
	}
	if FullRef(short) != ref {
		return ref
	}
	return short
}
