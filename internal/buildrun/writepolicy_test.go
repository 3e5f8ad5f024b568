package buildrun

import "testing"

func TestWritePolicy(t *testing.T) {
	for value, want := range map[string]string{
		"always": "always", "default-branch": "default-branch", "never": "never",
		"auto": "auto:80%", "auto:50": "auto:50%", "auto:0%": "auto:0%", "auto:100%": "auto:100%",
		"": "", "Always": "", "auto:": "", "auto:-1": "", "auto:101%": "", "auto:80%%": "", "never:80%": "", "default-branch:": "",
	} {
		var p writePolicy
		err := p.Set(value)
		if (err == nil) != (want != "") || err == nil && p.String() != want {
			t.Errorf("%q: %s, error %v", value, &p, err)
		}
	}
	if zero := (&writePolicy{}).String(); zero != "always" {
		t.Errorf("without the option: %s", zero)
	}
}
