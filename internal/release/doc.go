// Package release knows from which release on each program speaks version 2 of
// the cache service, how a version stands to a release, and which actions to use
// at which major. It is pure, and for everybody who judges what is installed or
// says what to install.
package release
