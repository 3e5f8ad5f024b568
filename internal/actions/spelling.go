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
// toolkit reads any text as true, buildx uses strconv.ParseBool, and Docker's
// documentation also allows "yes". Other values cause a warning.
func parseFlag(value string) (v2Flag, string) {
	switch strings.ToLower(value) {
	case "":
		return v2Unset, ""
	case "1", "t", "true", "yes", "on":
		return v2On, ""
	case "0", "f", "false", "no", "off":
		return v2Off, ""
	}
	return v2Unset, fmt.Sprintf("ignoring ACTIONS_CACHE_SERVICE_V2=%q: want true or false", value)
}

func truthy(value string) bool {
	flag, _ := parseFlag(value)
	return flag == v2On
}

// Mode is the cache-mode of a workflow, which the runner exports as
// ACTIONS_CACHE_MODE. The zero value means that it is not set.
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
	return ModeUnset, fmt.Sprintf("ignoring ACTIONS_CACHE_MODE=%q: want read, write, write-only or none", value)
}
