// Package gitrepo asks git, and ssh where an address needs its configuration, about
// repositories: on which host one is, and which tags it has. Neither question needs a
// login. Without git, nothing is known.
package gitrepo
