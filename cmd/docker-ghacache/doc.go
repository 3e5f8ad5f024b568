// Command docker-ghacache is a Docker CLI plugin, run as `docker ghacache` or
// by its own name, for the gha build cache: builds with it, looks into it,
// reclaims it and serves it.
package main
