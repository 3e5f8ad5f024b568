package cacheclient

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v92/github"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// Answer is how a service answered, as far as an error tells.
type Answer struct {
	Status  int       // of the reply; 0: there was none, or it was a success
	Limited bool      // a rate limit was exceeded
	Until   time.Time // until when requests are refused for that; zero if that is not known
	Foreign bool      // the reply is not one of GitHub's services, as that of a proxy or of another server
}

// AnswerOf reads the error of a [Client] or a [Runtime]. GitHub's services reply with
// JSON, and its REST API says in it why a request fails.
func AnswerOf(err error) Answer {
	if limit, ok := errors.AsType[*LimitError](err); ok {
		return Answer{Limited: true, Until: limit.Until}
	}
	if limit, ok := errors.AsType[*github.RateLimitError](err); ok {
		return Answer{Status: limit.Response.StatusCode, Limited: true, Until: limit.Rate.Reset.Time}
	}
	if limit, ok := errors.AsType[*github.AbuseRateLimitError](err); ok {
		return Answer{Status: limit.Response.StatusCode, Limited: true}
	}
	if reply, ok := errors.AsType[*github.ErrorResponse](err); ok {
		code := reply.Response.StatusCode
		return Answer{Status: code, Limited: code == http.StatusTooManyRequests, Foreign: reply.Message == "" && code < http.StatusInternalServerError}
	}
	syntax, notJSON := errors.AsType[*json.SyntaxError](err)
	if reply, ok := errors.AsType[actionscache.HTTPError](err); ok {
		// In an outage, the server in front of GitHub's answers 400 or 503 with a page.
		page := notJSON && strings.HasPrefix(syntax.Error(), "invalid character '<'")
		refusal := reply.StatusCode > http.StatusBadRequest && reply.StatusCode < http.StatusInternalServerError
		return Answer{Status: reply.StatusCode, Limited: reply.StatusCode == http.StatusTooManyRequests, Foreign: page && refusal}
	}
	_, otherJSON := errors.AsType[*json.UnmarshalTypeError](err)
	return Answer{Foreign: notJSON || otherJSON}
}
