// Package cacheclient lists and deletes cache entries over GitHub's REST API, and finds
// the repository, the API and the token for it. REST cannot read content: package
// runtimeclient does that.
//
// A listing holds every entry that existed from its beginning to its end,
// whatever was added or deleted meanwhile. The client slows down before
// GitHub's rate limits are reached. It sends a token only to the host that the
// token is for, and no error contains a token. Each request has a timeout and ends
// with its context. If GitHub's answer does not prove something, the result is unknown.
//
// Errors that the user can fix have a method Hint() string.
package cacheclient
