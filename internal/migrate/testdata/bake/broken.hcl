target "app" {
  cache-to = ["type=gha,version=1"
}
