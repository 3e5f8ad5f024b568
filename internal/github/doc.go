// Package github knows what GitHub's names mean: which hosts are GitHub's own
// cloud, and which refs are branches and pull requests. It asks nobody.
package github
