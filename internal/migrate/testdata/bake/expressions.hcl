variable "V" { default = 1 }
variable "BUILDKIT" { default = "v0.13.0" }
variable "EMPTY" {}
function "scope" {
  params = [name]
  result = "type=gha,scope=${name},version=1"
}
target "app" {
  cache-from = ["type=gha,version=${V}", notequal("", BUILDKIT) ? "type=gha,version=1" : ""]
  cache-to   = [scope("a"), "type=gha,\"scope=x,y\",version=1", "type=gha,scope=${EMPTY},version=1"]
  contexts   = { kit = "docker-image://moby/buildkit:${BUILDKIT}" }
  dockerfile-inline = <<EOT
FROM moby/buildkit:v0.12.3
COPY --from=docker/buildx-bin:0.10 /buildx /b
EOT
}
