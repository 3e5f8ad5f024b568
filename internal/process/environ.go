package process

import (
	"slices"
	"strings"
)

// Setenv puts a variable into environ, in the place of any of the same name.
func Setenv(environ []string, name, value string) []string {
	environ = slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	return append(environ, name+"="+value)
}
