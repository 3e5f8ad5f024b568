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
		const token, signature, foreign = "t0k3n-t0k3n", "s1gn4tur3", "0th3r.t0k3n"
		for _, signed := range []string{"https://host/blob?sig=" + signature, "/blob?se=1&sig=" + signature, `/blob?se=1\u0026sig=` + signature, "blob%3Fsig%3D" + signature} {
			text := RedactSigned(errors.New(before+token+between+" "+signed+" Bearer "+foreign+" "+after), token).Error()
			for _, secret := range []string{token, signature, foreign, "\n"} {
				if strings.Contains(text, secret) {
					t.Errorf("%q is in %q", secret, text)
				}
			}
		}
	})
}
