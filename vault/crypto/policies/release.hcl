# The partners' door opens a holder's key after a committed journal entry; it makes none.
path "transit/decrypt/unefois-master" {
  capabilities = ["update"]
}
