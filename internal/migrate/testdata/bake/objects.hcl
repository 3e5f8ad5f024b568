target "app" {
  cache-from = [
    { type = "gha", version = "1" }, # text
    { type = "gha", version = 1 },   # number
    { "type" = "gha", "version" = "2" },
    { type = "registry", version = "1" },
  ]
  cache-to = [{
    type    = "gha"
    mode    = "max"
    version = "1"
    url     = "https://cache.corp.example/"
  }]
}
