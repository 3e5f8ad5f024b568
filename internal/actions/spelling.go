package actions

import (
	"fmt"
	"strings"
)

type v2Flag int

const (
	v2Unset v2Flag = iota
	v2Off
	v2On
)

// parseFlag reads ACTIONS_CACHE_SERVICE_V2. Its readers disagree: the Actions
// toolkit takes any text as true, buildx what strconv.ParseBool takes, and
// Docker's documentation adds "yes". What is left is reported.
func parseFlag(value string) (v2Flag, string) {
	switch strings.ToLower(value) {
	case "":
		return v2Unset, ""
	case "1", "t", "true", "yes", "on":
		return v2On, ""
	case "0", "f", "false", "no", "off":
		return v2Off, ""
	}
	return v2Unset, fmt.Sprintf("ACTIONS_CACHE_SERVICE_V2=%q is neither true nor false, so it is not considered", value)
}

func truthy(value string) bool {
	flag, _ := parseFlag(value)
	return flag == v2On
}

// Mode is the cache-mode of a workflow, which the runner exports as
// ACTIONS_CACHE_MODE. The zero value says nothing about it.
type Mode string

// The modes.
const (
	ModeUnset     Mode = ""
	ModeWrite     Mode = "write"
	ModeRead      Mode = "read"
	ModeWriteOnly Mode = "write-only"
	ModeNone      Mode = "none"
)

func parseMode(value string) (Mode, string) {
	switch mode := Mode(strings.ToLower(value)); mode {
	case ModeUnset, ModeWrite, ModeRead, ModeWriteOnly, ModeNone:
		return mode, ""
	}
	return ModeUnset, fmt.Sprintf("ACTIONS_CACHE_MODE=%q is none of read, write, write-only, none, so it is not considered", value)
}
