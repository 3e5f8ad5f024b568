# migrate: unsafe
variable "ACTIONS_CACHE_URL" {}
variable "ACTIONS_RUNTIME_TOKEN" {}
target "app" {
  cache-to = ["type=gha,version=1,url=${ACTIONS_CACHE_URL},token=${ACTIONS_RUNTIME_TOKEN}"]
}
target "joined" {
  cache-to = [join(",", ["type=gha", "mode=max", "version=1"])]
}
target "formatted" {
  cache-to = [format("type=gha,version=1,scope=%s", "app")]
}
