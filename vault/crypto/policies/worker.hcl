# The worker opens for reading and re-keys holders, so it does both. It rotates nothing and exports nothing.
path "transit/encrypt/unefois-master" {
  capabilities = ["update"]
}
path "transit/decrypt/unefois-master" {
  capabilities = ["update"]
}
