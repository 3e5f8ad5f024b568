package rules

import (
	"slices"
	"strings"

	"github.com/docker-ghacache/docker-ghacache/internal/lazyregexp"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/scan"
	"github.com/docker-ghacache/docker-ghacache/internal/migrate/source"
)

var imageRE = lazyregexp.New(`((?:[A-Za-z0-9_.-]+(?::[0-9]+)?/)*(?:buildkit|buildx-bin|docker|actions-runner))(:|@sha256:)`)

// imagesIn leaves out the images of github-script whose tags its JavaScript computes.
func imagesIn(w scan.Word) []Finding {
	return slices.DeleteFunc(images(w.Text), func(fd Finding) bool { return w.Key == "script" && len(fd.Edits) == 0 })
}

// images finds images of the components. It is not a safe fix to change a mirror,
// which may lack the new tag, or a tag with a digest, which fits one tag only.
func images(t source.Text) (out []Finding) {
	if !names(t.Value, "buildkit", "buildx-bin", "docker:", "docker@", "actions-runner") {
		return nil
	}
	for _, m := range imageRE().FindAllStringSubmatchIndex(source.Unquestioned(t.Value), -1) {
		if m[0] > 0 && strings.ContainsAny(t.Value[m[0]-1:m[0]], "._-$}{") || m[0] > 0 && wordByte(t.Value[m[0]-1]) {
			continue
		}
		c, mirror, ok := imageOf(t.Value[m[2]:m[3]])
		if !ok {
			continue
		}
		out = append(out, taggedImage(c, mirror, t, m[2], m[5])...)
	}
	return out
}

func taggedImage(c component, mirror bool, t source.Text, start, tag int) []Finding {
	rest := t.Value[tag:]
	end := tag + imageEnd(rest)
	version := leading(t.Value[tag:end])
	p := pin{component: c, t: t, i: tag, j: tag + len(version), shown: t.Value[start:end], short: c.rule == EngineVersion}
	switch {
	case (strings.HasPrefix(rest, "$") || strings.HasPrefix(rest, "{{")) && c.rule == EngineVersion && strings.Contains(strings.Fields(rest)[0], "-cli"):
		return nil
	case strings.HasPrefix(rest, "$") || strings.HasPrefix(rest, "{{"):
		p.shown = t.Value[start:]
		return p.unknown()
	case strings.HasSuffix(t.Value[:tag], "@sha256:"):
		p.shown = t.Value[start:min(len(t.Value), tag+12)]
		return p.unknown()
	case version == "" || c.rule == EngineVersion && len(strings.TrimPrefix(version, "v")) < 2:
		return nil
	case strings.Contains(t.Value[tag:end], "@"):
		p.noFix = "it is pinned by digest: take tag and digest of the new image"
		return p.judge()
	}
	p.unsafe = mirror
	p.suffix = t.Value[tag+len(version) : end]
	if p.suffix == "-cli" && c.rule == EngineVersion {
		return nil // docker's client alone
	}
	p.suffixed = slices.Contains(suffixes(c), p.suffix)
	return p.judge()
}

// suffixes are those that the tags of a component's newest versions have.
func suffixes(c component) []string {
	switch c.rule {
	case EngineVersion:
		return []string{"-dind", "-dind-rootless"}
	case BuildKitImage:
		return []string{"-rootless"}
	}
	return nil
}

func imageEnd(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"',;)]}`", r) })
	if n < 0 {
		return len(s)
	}
	return n
}

// imageOf is the component in an image of that name. For copies of moby/buildkit
// under other names, mirror is true.
func imageOf(repo string) (c component, mirror, ok bool) {
	name := strings.TrimPrefix(strings.TrimPrefix(repo, "docker.io/"), "library/")
	switch {
	case strings.HasSuffix(name, "/buildkit"):
		return buildkit(), name != "moby/buildkit", true
	case strings.HasSuffix(name, "docker/buildx-bin"):
		return buildx(), name != "docker/buildx-bin", true
	case name == "docker" || strings.HasSuffix(name, "/library/docker"):
		return engine(), name != "docker", true
	case strings.HasSuffix(name, "actions/actions-runner"):
		return runner(), name != "ghcr.io/actions/actions-runner", true
	}
	return component{}, false, false
}

// names says that one of the words is in s. It spares most texts the slower look.
func names(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}
