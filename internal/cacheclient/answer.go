package cacheclient

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/go-github/v92/github"
)

// Answer is how the REST API answered, as far as an error tells.
type Answer struct {
	Status  int       // of the reply; 0: there was none, or it was a success
	Limited bool      // a rate limit was exceeded
	Until   time.Time // until when requests are refused for that; zero if that is not known
	Foreign bool      // the reply is not one of GitHub's API, as that of a proxy or of another server
}

// AnswerOf reads the error of a [Client]. GitHub's API always replies with JSON, and to
// a request that fails with a message in it.
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
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, other := errors.AsType[*json.UnmarshalTypeError](err)
	return Answer{Foreign: syntax || other}
}
