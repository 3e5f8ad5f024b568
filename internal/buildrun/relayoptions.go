package buildrun

import (
	"cmp"
	"errors"
	"net"
	"strconv"
	"strings"
)

// relayMode is the value of --gha-relay.
type relayMode string

const (
	relayAuto    relayMode = "" // where it helps and works
	relayOff     relayMode = "off"
	relayRequire relayMode = "require"
)

// Set implements [pflag.Value].
func (m *relayMode) Set(value string) error {
	switch mode := relayMode(value); mode {
	case "auto":
		*m = relayAuto
	case relayOff, relayRequire:
		*m = mode
	default:
		return errors.New("want auto, off or require")
	}
	return nil
}

// String implements [pflag.Value].
func (m *relayMode) String() string { return cmp.Or(string(*m), "auto") }

// Type implements [pflag.Value].
func (m *relayMode) Type() string { return "auto|off|require" }

// relayAddress is the value of --gha-relay-address: an address of this machine, with a port or without.
type relayAddress struct{ host, port string }

// Set implements [pflag.Value].
func (a *relayAddress) Set(value string) error {
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
	*a = relayAddress{host, strconv.FormatUint(number, 10)}
	return nil
}

// String implements [pflag.Value].
func (a *relayAddress) String() string {
	if a.host == "" || a.port == "0" {
		return a.host
	}
	return net.JoinHostPort(a.host, a.port)
}

// Type implements [pflag.Value].
func (a *relayAddress) Type() string { return "HOST[:PORT]" }
