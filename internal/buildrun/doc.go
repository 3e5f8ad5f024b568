// Package buildrun runs `docker buildx build` and `docker buildx bake` with gha caches
// that work: it takes its own options out of their command line, completes the cache
// entries for the job and the builder at hand, runs buildx, and explains a failure.
//
// A run goes one way. Entries are requested ([Build] from the flags, [Bake] from the
// resolved targets: cachelists), completed, prepared for the builder, sent through a relay
// (relaying), and put back into the command line. Cache mounts are restored before buildx
// runs and saved after it (mounting), and what the build replaced is deleted (cleaning).
// Package cacheopts judges entries, and package builders judges builders: a run asks both
// and says what they found. [Env] has what a run takes from the world.
package buildrun
