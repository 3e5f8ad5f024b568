// Package cacheclient talks to GitHub's cache service for the commands. It finds
// the repository, the API and the token, lists and deletes entries over REST
// ([Client]), and reads and writes content with a job's runtime token ([Runtime]).
// Neither can do the other's work.
//
// It promises that a listing holds every entry that was there from its beginning
// to its end, whatever came and went meanwhile; that rate limits are kept rather
// than hit; that no token goes to a host it was not given for; and that neither
// tokens nor signed URLs appear in an error. Each request has a timeout and ends
// with its context. What GitHub answers to a question that this package cannot
// prove is reported as not known.
//
// Errors that the user can do something about have a method Hint() string.
package cacheclient
