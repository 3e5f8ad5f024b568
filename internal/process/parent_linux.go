package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Parent returns the command line of the process that started this one, and when that process began, to 10 ms, by the
// clock of the caller. On other systems than Linux it is [errors.ErrUnsupported].
func Parent(now time.Time) (args []string, began time.Time, err error) {
	dir := fmt.Sprintf("/proc/%d/", os.Getppid())
	line, err := os.ReadFile(dir + "cmdline")
	if err != nil {
		return nil, time.Time{}, err
	}
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return nil, time.Time{}, err
	}
	age, err := ageOf(string(stat))
	if err != nil {
		return nil, time.Time{}, err
	}
	return strings.Split(string(bytes.TrimSuffix(line, []byte{0})), "\x00"), now.Add(-age), nil
}

// ageOf reads the start of a process from its stat, in ticks of 10 ms since the boot (proc(5)). The name of the
// program, in parentheses, may hold anything.
func ageOf(stat string) (time.Duration, error) {
	const startTime = 22 - 3 // the fields behind the name begin with the third
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= startTime {
		return 0, fmt.Errorf("no start time in %q", stat)
	}
	ticks, err := strconv.ParseInt(fields[startTime], 10, 64)
	if err != nil {
		return 0, err
	}
	var sinceBoot unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &sinceBoot); err != nil {
		return 0, err
	}
	return time.Duration(sinceBoot.Nano()) - time.Duration(ticks)*10*time.Millisecond, nil
}
