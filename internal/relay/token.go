package relay

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

var errToken = errors.New("reading the runtime token: it is not a token with refs and times")

// mint makes a token with the refs and times of another one, signed with key. BuildKit makes the key of an index from the refs.
func mint(token string, key []byte) (string, error) {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(token, claims); err != nil {
		return "", errToken // the cause could quote the token
	}
	minted := jwt.MapClaims{}
	for _, name := range []string{"ac", "exp", "nbf"} {
		if minted[name] = claims[name]; minted[name] == nil {
			return "", errToken
		}
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, minted).SignedString(key)
}
