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
	code := plugin.Main(ctx)
	stop()
	os.Exit(code)
}
