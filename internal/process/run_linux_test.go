package process_test

import "testing"

func TestChildDiesWithKilledParent(t *testing.T) {
	p := startParent(t, noTerminal(), nil, "ignore")
	p.Process.Kill()
	// The child holds the other end of the pipe.
	if p.lines.Scan() || p.lines.Err() != nil {
		t.Errorf("read %q, %v", p.lines.Text(), p.lines.Err())
	}
}
