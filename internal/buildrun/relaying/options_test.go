package relaying

import "testing"

func TestRelayMode(t *testing.T) {
	for value, want := range map[string]string{"auto": "auto", "off": "off", "require": "require", "": "", "true": "", "Auto": ""} {
		var m Mode
		err := m.Set(value)
		if (err == nil) != (want != "") || err == nil && m.String() != want {
			t.Errorf("%q: %s, error %v", value, &m, err)
		}
	}
	if zero := new(Mode).String(); zero != "auto" {
		t.Errorf("without the option: %s", zero)
	}
}

func TestRelayAddress(t *testing.T) {
	for value, want := range map[string]string{
		"10.0.0.5": "10.0.0.5", "10.0.0.5:4000": "10.0.0.5:4000", "runner.internal:80": "runner.internal:80",
		"fd00::5": "fd00::5", "[fd00::5]": "fd00::5", "[fd00::5]:4000": "[fd00::5]:4000",
		"": "", ":4000": "", "0.0.0.0": "", "[::]:80": "", "a:b": "", "10.0.0.5:70000": "", "http://10.0.0.5": "", "a b": "", "a:b:c": "",
	} {
		var a Address
		err := a.Set(value)
		if (err == nil) != (want != "") || err == nil && a.String() != want {
			t.Errorf("%q: %s, error %v", value, &a, err)
		}
	}
	if zero := new(Address).String(); zero != "" {
		t.Errorf("without the option: %s", zero)
	}
}
