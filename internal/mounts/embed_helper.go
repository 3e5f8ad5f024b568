//go:build helper

package mounts

import "embed"

// embedded has the helpers that `make helpers` has built.
//
//go:embed bin/*.gz
var embedded embed.FS
