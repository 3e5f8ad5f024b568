target "a" { cache-to = ["type=gha"] }
target "b" { cache-to = ["type=gha,mode=max"] }
target "c" { cache-to = ["type=gha,scope=c"] }
target "d" {
  matrix   = { v = ["1", "2"] }
  name     = "d-${v}"
  cache-to = ["type=gha,scope=d-${v}"]
}
