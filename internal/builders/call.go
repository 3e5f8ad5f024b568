package builders

import "github.com/docker/buildx/util/buildflags"

// Builds reports whether a value of buildx's --call asks for a build. The others
// ask the Dockerfile's frontend for something, such as a check. One that buildx
// cannot read builds nothing.
func Builds(call string) bool {
	f, err := buildflags.ParseCallFunc(call)
	return err == nil && f == nil
}
