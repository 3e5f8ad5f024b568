# cache-to = ["type=gha,version=1"]
variable "SCOPE" { default = "app" }
variable "CACHE" {
  default = "type=gha,version=1" // shared
}
/* type=gha,version=1 */
group "default" { targets = ["app", "web"] }
target "app" {
  cache-from = ["type=gha,scope=${SCOPE},version=1", CACHE]
  cache-to   = ["type=gha,version=1,mode=max", "type=registry,ref=a/b,version=1"]
}
target "web" {
  inherits   = ["app"]
  args       = { BUILDX = "v0.12.0" }
  cache-to   = ["type=gha, scope=web", "${CACHE},mode=max"]
  contexts   = { bx = "docker-image://docker/buildx-bin:v0.11.2" }
}
