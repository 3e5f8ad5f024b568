// Package cacheserver is a GitHub Actions cache service as an [net/http.Handler], for a laptop, for tests and for runners of
// one's own. BuildKit, the @actions/cache toolkit, gh, go-github and other clients of GitHub's service work against it
// unchanged: v2 (Twirp in JSON and protobuf), v1, the part of Azure Blob Storage that they use, and the REST API at
// / and under /api/v3.
//
// It promises what GitHub's service does: entries never change, matching goes by ref, key and age as documented there, a
// token reads and writes only the refs it names, unused and superfluous entries are evicted. What it cannot know of a
// repository it does not invent: see [Options.Refs].
//
// The protocols are here, the entries behind [Backend]; package store keeps them in a folder.
package cacheserver
