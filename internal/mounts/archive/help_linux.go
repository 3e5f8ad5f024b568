package archive

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"github.com/docker-ghacache/docker-ghacache/internal/mounts/wire"
)

// ballast is memory that nothing writes to: it takes none, and Go collects garbage first at twice as much. Listing
// 20,000 files takes two thirds of the time so.
const ballast = 32 << 20

// Help serves all mounts of the container that it runs in, each over a connection of its own.
func Help(getenv func(string) string) error {
	unused := make([]byte, ballast)
	defer runtime.KeepAlive(unused)
	count, err := strconv.Atoi(getenv(wire.MountsVar))
	if err != nil {
		return errors.New("docker-ghacache runs this program in builders")
	}
	failed := make([]error, count)
	var serving sync.WaitGroup
	for i := range count {
		serving.Go(func() {
			if err := help(i); err != nil {
				failed[i] = fmt.Errorf("mount %d: %w", i, err)
			}
		})
	}
	serving.Wait()
	return errors.Join(failed...)
}

// sendBuffer is how many bytes wait for BuildKit, which reads 32 KiB at a time. Linux takes at most net.core.wmem_max
// and doubles it. With what it gives by default, packing waits a fifth of its time.
const sendBuffer = 1 << 20

func help(number int) error {
	connection, err := (&net.Dialer{}).DialContext(context.Background(), "unix", wire.Socket) // BuildKit ends the process
	if err != nil {
		return err
	}
	if socket, ok := connection.(*net.UnixConn); ok {
		if err := socket.SetWriteBuffer(sendBuffer); err != nil {
			return errors.Join(err, connection.Close())
		}
	}
	return errors.Join(Serve(connection, filepath.Join(wire.MountsDir, strconv.Itoa(number)), number), connection.Close())
}
