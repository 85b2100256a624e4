# The residents' door makes holder keys: it wraps them and opens none.
path "transit/encrypt/unefois-master" {
  capabilities = ["update"]
}
