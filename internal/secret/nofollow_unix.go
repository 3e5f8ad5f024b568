//go:build unix

package secret

import "syscall"

// noFollow refuses a file that is a link.
const noFollow = syscall.O_NOFOLLOW
