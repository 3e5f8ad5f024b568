package serving

import (
	"context"
	"fmt"
	"net"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/hint"
	"github.com/docker-ghacache/docker-ghacache/internal/ui"
)

// Options say where a service listens, and who gets its environment.
type Options struct {
	Listen  string   // HOST:PORT
	Command []string // runs in the environment of a job; without one, the environment is printed
	Environ []string // of this program, for the command
	Format  string   // of the environment: env, json or github
	EnvFile string   // takes the environment, in place of standard output
}

// Service is what is served.
type Service struct {
	Serve       func(ctx context.Context, l net.Listener) error
	Says        string                                            // what it does, for a note
	Environment func(base string) ([]cacheserver.Variable, error) // of its clients
}

// Run listens, tells the environment and serves until ctx or the command ends. The code is
// that of the command, or 127 if there is no such command.
func Run(ctx context.Context, console ui.Console, o Options, s Service) (code int, err error) {
	write, err := environmentWriter(o.Format)
	if err != nil {
		return 0, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return 0, hint.With(fmt.Errorf("listening on %q: %w", o.Listen, err), "--listen 127.0.0.1:0   # any free port")
	}
	base, err := baseURL(listener.Addr())
	if err != nil {
		return 0, err
	}
	vars, err := s.Environment(base)
	if err != nil {
		return 0, err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(serving, listener) }()

	if len(o.Command) == 0 {
		console.Notes.Note(ui.Info, fmt.Sprintf("%s at %s/", s.Says, base), "")
	}
	if len(o.Command) == 0 || o.EnvFile != "" {
		if err := write(console, o.EnvFile, vars); err != nil {
			return 0, err
		}
	}
	if len(o.Command) > 0 {
		return runCommand(ctx, console, o.Command, servedEnviron(o.Environ, vars), ended)
	}
	select {
	case err := <-ended:
		return 0, err
	case <-ctx.Done():
		stop()
		return 0, <-ended
	}
}

// baseURL is where clients find a listener. One on all addresses is reached,
// also from containers, at the machine's own.
func baseURL(addr net.Addr) (string, error) {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		if host, err = ownAddress(); err != nil {
			return "", err
		}
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

func ownAddress() (string, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return "", fmt.Errorf("finding this machine's address: %w", err)
	}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return network.IP.String(), nil
		}
	}
	return "127.0.0.1", nil // there is no network beyond this machine
}
