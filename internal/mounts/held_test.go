package mounts

import "testing"

func TestTheIDOfAMountIsInItsDescription(t *testing.T) {
	for description, want := range map[string]string{
		`cached mount /root/.cache from exec /bin/sh -c go build with id "//root/.cache"`: "//root/.cache",
		`cached mount /c from exec example write /c/file 100000`:                          "/c",
		`cached mount /c from exec /bin/sh -c a "b" with id "/c\"d"`:                      `/c"d`,
		"cached mount /c from exec /bin/sh -c copy from here\nand there":                  "/c",
		"cached mount /c from exec /bin/sh -c a\nb with id \"/d\"":                        "/d",
		`cached mount /mount from container x with id "/npm"`:                             "/npm",
		`mount / from exec example`:                                                       "",
		`cached mount /c`:                                                                 "",
		`cached mount /c from exec a with id "\q"`:                                        "",
	} {
		if id, ok := idOf(description); id != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", description, id, ok, want)
		}
	}
}
