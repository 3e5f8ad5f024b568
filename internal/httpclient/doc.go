// Package httpclient is what the clients of GitHub's services share: connections with
// timeouts, the repetition of requests that may succeed later, the waits that a reply
// asks for, and errors without tokens and signatures.
package httpclient
