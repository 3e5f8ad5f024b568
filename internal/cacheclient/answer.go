package cacheclient

import (
	"errors"
	"net/http"

	"github.com/docker-ghacache/docker-ghacache/internal/httpclient"
	"github.com/google/go-github/v92/github"
)

// AnswerOf reads the error of a [Client]. GitHub's REST API says in JSON why a request
// fails.
func AnswerOf(err error) httpclient.Answer {
	if limit, ok := errors.AsType[*LimitError](err); ok {
		return httpclient.Answer{Limited: true, Until: limit.Until}
	}
	if limit, ok := errors.AsType[*github.RateLimitError](err); ok {
		return httpclient.Answer{Status: limit.Response.StatusCode, Limited: true, Until: limit.Rate.Reset.Time}
	}
	if limit, ok := errors.AsType[*github.AbuseRateLimitError](err); ok {
		return httpclient.Answer{Status: limit.Response.StatusCode, Limited: true}
	}
	if reply, ok := errors.AsType[*github.ErrorResponse](err); ok {
		code := reply.Response.StatusCode
		return httpclient.Answer{Status: code, Limited: code == http.StatusTooManyRequests, Foreign: reply.Message == "" && code < http.StatusInternalServerError}
	}
	return httpclient.Answer{Foreign: httpclient.NotJSON(err)}
}
