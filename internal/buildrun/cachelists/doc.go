// Package cachelists finds the gha entries of a build, and puts their completed form back:
// for build in the values of --cache-to and --cache-from, for bake in the cache lists of
// the resolved targets, by overrides. It asks nobody; all other words and entries stay as
// the user wrote them.
package cachelists
