// Package release knows from which release on each program speaks version 2 of
// the cache service, and how a version stands to a release. It is pure, and for
// everybody who judges what is installed.
package release
