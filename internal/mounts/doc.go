// Package mounts takes the cache mounts of a builder (RUN --mount=type=cache) along to other builders. BuildKit's
// exporters leave them behind.
//
// It finds the mounts that a Dockerfile has ([Find]) and those that a builder holds ([Held]). It runs a helper inside the
// builder that packs and unpacks them (package archive), and keeps what the helper packs as entries of the cache service
// ([Keeper]). The bytes come and go over BuildKit's session, so that every driver can do it, without a network and
// without a second copy in the builder.
//
// A restored mount is whole, or it is removed. A helper that was killed leaves nothing that a build reads.
package mounts
