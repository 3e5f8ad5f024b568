// Package cacheserver is a GitHub Actions cache service as an [net/http.Handler], for laptops, tests and self-hosted
// runners. BuildKit, the @actions/cache toolkit, gh, go-github and other clients of GitHub's service work with it
// unchanged. It serves version 2 (Twirp in JSON and protobuf), version 1, the part of Azure Blob Storage that these
// clients use, and the REST API at / and under /api/v3.
//
// It behaves as GitHub documents its service. Entries never change. Lookups match by ref, key and age. A token reads
// and writes only the refs that it lists. Entries that are unused, or beyond the size limit, are evicted. The service
// invents nothing about the repository: see [Options.Refs].
//
// This package has the protocols, and package store has the entries.
package cacheserver
