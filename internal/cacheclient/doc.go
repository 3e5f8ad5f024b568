// Package cacheclient is the client of GitHub's cache service. It finds the
// repository, the API and the token. [Client] lists and deletes entries over
// REST. [Runtime] reads content with the runtime token of a job, and [Uploader]
// writes it. REST cannot read content, and the runtime token cannot list.
//
// A listing holds every entry that existed from its beginning to its end,
// whatever was added or deleted meanwhile. The client slows down before
// GitHub's rate limits are reached. It sends a token only to the host that the
// token is for, and no error contains a token or a signed URL. Each request has
// a timeout and ends with its context. If GitHub's answer does not prove
// something, the result is unknown.
//
// Errors that the user can fix have a method Hint() string.
package cacheclient
