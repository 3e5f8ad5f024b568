class DockerGhacache < Formula
  desc "Build with, inspect and prune GitHub Actions build caches"
  homepage "https://github.com/docker-ghacache/docker-ghacache"
  version "{{.Version}}"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "{{.URL}}docker-ghacache-darwin-arm64"
      sha256 "{{index .Sums "docker-ghacache-darwin-arm64"}}"
    end
    on_intel do
      url "{{.URL}}docker-ghacache-darwin-amd64"
      sha256 "{{index .Sums "docker-ghacache-darwin-amd64"}}"
    end
  end

  on_linux do
    on_arm do
      url "{{.URL}}docker-ghacache-linux-arm64"
      sha256 "{{index .Sums "docker-ghacache-linux-arm64"}}"
    end
    on_intel do
      url "{{.URL}}docker-ghacache-linux-amd64"
      sha256 "{{index .Sums "docker-ghacache-linux-amd64"}}"
    end
  end

  resource "man" do
    url "{{.URL}}docker-ghacache-man.tar.gz"
    sha256 "{{.Manual}}"
  end

  def install
    (lib/"docker/cli-plugins").install Dir["docker-ghacache-*"].first => "docker-ghacache"
    resource("man").stage { man1.install Dir["*.1"] }
  end

  def caveats
    <<~TEXT
      Docker finds the plugin if ~/.docker/config.json has
        "cliPluginsExtraDirs": ["#{HOMEBREW_PREFIX}/lib/docker/cli-plugins"]
    TEXT
  end

  test do
    system lib/"docker/cli-plugins/docker-ghacache", "version"
  end
end
