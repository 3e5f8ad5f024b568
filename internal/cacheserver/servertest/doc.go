// Package servertest gives tests a folder with entries for a cache service to serve, the
// service itself, its faults, and an example of a repository's cache. Only tests import it.
package servertest
