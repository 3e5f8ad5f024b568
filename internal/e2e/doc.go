// Package e2e runs the plugin as its users do: a real docker command line, a
// real buildx, real BuildKits and the embedded cache service. It has tests
// only.
//
// They need Linux, root and the programs of hack/build-tools; some need the
// Docker Engines that hack/engine starts. GHACACHE_E2E says what happens
// without: "auto", the default, skips with the reason, "required" fails, "off"
// skips them all.
package e2e
