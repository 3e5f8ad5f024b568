package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/docker-ghacache/docker-ghacache/plugin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends a program that does not obey the first
	os.Exit(plugin.Main(ctx))
}
