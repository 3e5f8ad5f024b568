package relaying

import (
	"cmp"
	"errors"
	"net"
	"strconv"
	"strings"
)

// Mode is the value of --gha-relay.
type Mode string

// The modes.
const (
	Auto    Mode = ""        // a relay where it helps and works
	Off     Mode = "off"     // no relay
	Require Mode = "require" // a relay, or no build
)

// Set implements [pflag.Value].
func (m *Mode) Set(value string) error {
	switch mode := Mode(value); mode {
	case "auto":
		*m = Auto
	case Off, Require:
		*m = mode
	default:
		return errors.New("want auto, off or require")
	}
	return nil
}

// String implements [pflag.Value].
func (m *Mode) String() string { return cmp.Or(string(*m), "auto") }

// Type implements [pflag.Value].
func (m *Mode) Type() string { return "auto|off|require" }

// Address is the value of --gha-relay-address: an address of this machine, with a port or without.
// The zero value leaves it to the builder.
type Address struct{ Host, Port string }

// Set implements [pflag.Value].
func (a *Address) Set(value string) error {
	host, port, err := net.SplitHostPort(value)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(value, "["), "]"), "0"
	}
	number, err := strconv.ParseUint(port, 10, 16)
	ip := net.ParseIP(host)
	switch {
	case err != nil, host == "", strings.ContainsAny(host, "/@ "), ip == nil && strings.Contains(host, ":"):
		return errors.New("want HOST or HOST:PORT")
	case ip.IsUnspecified():
		return errors.New("want one address, not all")
	}
	*a = Address{host, strconv.FormatUint(number, 10)}
	return nil
}

// String implements [pflag.Value].
func (a *Address) String() string {
	if a.Host == "" || a.Port == "0" {
		return a.Host
	}
	return net.JoinHostPort(a.Host, a.Port)
}

// Type implements [pflag.Value].
func (a *Address) Type() string { return "HOST[:PORT]" }
