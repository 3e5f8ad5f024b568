target "app" {
  secret = ["type=env,id=ACTIONS_CACHE_URL"]
  args = {
    ACTIONS_CACHE_URL = null
    URL = "ACTIONS_CACHE_URL"
  }
  cache-to = ["type=gha"]
}
