// Package runtimeclient reads and writes cache entries with the runtime token of a job.
// [Reader] looks entries up and reads indexes and layers, and [Uploader] stores them.
// [Service] has the single calls of version 2, for a program that stands between
// BuildKit and the service. The runtime token cannot list: package cacheclient does that.
//
// Each request has a timeout and ends with its context, and no error contains a token
// or a signed URL.
package runtimeclient
