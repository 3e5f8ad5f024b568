#!/bin/sh
# install.sh: installs docker ghacache for this user, on Linux and macOS. It needs no root.
#
#   curl -fsSL https://raw.githubusercontent.com/docker-ghacache/docker-ghacache/main/hack/install.sh | sh
#
# VERSION is a release such as v1.2.3; the latest one without it. DOCKER_CONFIG is docker's folder. GHACACHE_RELEASES is
# the URL of a mirror with the folders latest/download and download/v1.2.3.
set -eu

# All of it is a function, so that a download that is cut off runs nothing.
install() {
	releases=${GHACACHE_RELEASES:-https://github.com/docker-ghacache/docker-ghacache/releases}
	folder=$releases/latest/download
	[ -z "${VERSION:-}" ] || folder=$releases/download/$VERSION
	plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins

	case $(uname -s) in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	*) fail "there is no release for $(uname -s)" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) fail "there is no release for $(uname -m)" ;;
	esac
	name=docker-ghacache-$os-$arch

	mkdir -p "$plugins"
	# In the same folder, so that the program appears as a whole.
	dir=$(mktemp -d "$plugins/.install-XXXXXX")
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 130' INT TERM
	download "$folder/checksums.txt" "$dir/checksums.txt"
	download "$folder/$name" "$dir/$name"
	want=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$dir/checksums.txt")
	[ -n "$want" ] || fail "checksums.txt of the release does not list $name"
	got=$(digest "$dir/$name")
	[ "$got" = "$want" ] || fail "$folder/$name has the SHA-256 $got, and checksums.txt has $want"
	chmod 755 "$dir/$name"
	"$dir/$name" version
	mv "$dir/$name" "$plugins/docker-ghacache"
	echo "installed $plugins/docker-ghacache"
}

download() {
	if command -v curl >/dev/null; then
		curl --fail --silent --show-error --location --retry 3 --output "$2" "$1" || fail "downloading $1 failed"
	elif command -v wget >/dev/null; then
		wget -q -O "$2" "$1" || fail "downloading $1 failed"
	else
		fail "this needs curl or wget"
	fi
}

digest() {
	if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

fail() {
	echo "error: $*" >&2
	exit 1
}

install
