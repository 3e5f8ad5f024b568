// Package toolchain finds the programs of this machine that builds with caches rest on, and tells which of them are
// too old for version 2 of the cache service.
package toolchain
