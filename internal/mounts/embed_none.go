//go:build !helper

package mounts

import "embed"

// embedded has no helpers: `make build` embeds them, `go install` does not.
var embedded embed.FS
