package diagnose_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-ghacache/docker-ghacache/internal/diagnose"
)

// What explain does with the texts of the clients' sources, at least.
const (
	clientsRight  = 931
	clientsAlarms = 0
)

// The texts are made from the sources of the clients, not posted by anybody: each failure in each client.
func TestTextsOfClientsSources(t *testing.T) {
	var c tally
	var differ int
	wrong, silent := map[string]int{}, map[string]int{}
	for _, e := range archived(t, "testdata/sources/clients.txtar") {
		got := explain(t, e.text)
		if among := explain(t, amongOthers(e.text)); fmt.Sprint(ids(among)) != fmt.Sprint(ids(got)) {
			t.Logf("%s: got %v alone, %v among other lines\n%s", e.name, ids(got), ids(among), e.text)
			differ++
		}
		if c.count(e, got) {
			continue
		}
		t.Logf("%s: got %v\n%s", e.name, ids(got), e.text)
		switch {
		case e.want == "none":
		case len(got) == 0:
			silent[e.causes()[0]]++
		default:
			wrong[e.causes()[0]]++
			if got[0].Cause.Certain {
				t.Errorf("%s: %s is no certainty", e.name, got[0].Cause.ID)
			}
		}
	}
	t.Logf("right %d of %d; false alarms %d of %d", c.right, c.failures, c.alarms, c.unrelated)
	t.Logf("other among lines of other programs %d", differ)
	t.Logf("wrong %d: %v", sum(wrong), wrong)
	t.Logf("silent %d: %v", sum(silent), silent)
	if c.right < clientsRight || c.alarms > clientsAlarms {
		t.Errorf("want at least %d right and at most %d false alarms", clientsRight, clientsAlarms)
	}
	if c.failures < 600 || c.unrelated < 80 {
		t.Errorf("%d failures and %d unrelated ones are too few to tell", c.failures, c.unrelated)
	}
}

func sum(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

func TestTextsOfClientsSourcesSayWhereTheyAre(t *testing.T) {
	for _, e := range archived(t, "testdata/sources/clients.txtar") {
		if words := strings.Fields(e.name); len(words) < 2 || e.want != "none" && len(words) < 4 {
			t.Errorf("%s: want the cause, the program, its version and the place", e.name)
		}
		if e.want == "none" {
			continue
		}
		for _, id := range e.causes() {
			if !slices.ContainsFunc(diagnose.Catalogue(), func(c diagnose.Cause) bool { return c.ID == id }) {
				t.Errorf("%s: there is no cause %q", e.name, id)
			}
		}
	}
}
