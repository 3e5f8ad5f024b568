// Command release makes all files of a release in dist/: the plugin for six platforms, checksums, a list of what each is
// made of (SPDX), the licences, the man pages, packages for Debian and Red Hat, a Homebrew formula and WinGet manifests, and the
// programs under the names of an extension for gh. It publishes nothing. The same commit gives the same bytes.
//
// goreleaser does the same and more. The go.mod of its release 2.18 lists 369 modules, of which this project needs one:
// nfpm, which makes the packages, is a pinned tool here.
//
//	release                make dist/
//	release check          install every package of dist/ in an empty root, and run what it installed
//	release reproduce      build this machine's program of dist/ again from a clone, with an empty build cache, and compare
package main
