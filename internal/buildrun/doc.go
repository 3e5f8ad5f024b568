// Package buildrun runs `docker buildx build` and `docker buildx bake` with gha caches
// that work: it takes its own options out of their command line, completes the cache
// entries for the job and the builder at hand, runs buildx, and explains a failure.
//
// A run goes one way. Entries are requested ([Build] from the flags, [Bake] from the
// resolved targets), completed, prepared for the builder, and put back into the command
// line. Package cacheopts judges entries, and package builders judges builders: a run
// asks both and says what they found. What a run takes from the world stands in [Env].
package buildrun
