package httpclient

import (
	"errors"
	"strings"
	"testing"
)

func FuzzRedact(f *testing.F) {
	f.Add("GET http://h/b?", "&sig=", " twice http://h/?a")
	f.Add(`Get "https://h/b?se=1`, "&", `": EOF`)
	f.Fuzz(func(t *testing.T, before, between, after string) {
		const token, signature = "t0k3n-t0k3n", "s1gn4tur3"
		signed := "https://host/blob?sig=" + signature
		text := RedactSigned(errors.New(before+token+between+" "+signed+" "+after), token).Error()
		if strings.Contains(text, token) || strings.Contains(text, signature) || strings.Contains(text, "\n") {
			t.Error(text)
		}
	})
}
