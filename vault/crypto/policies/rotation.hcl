# For the operator's command « unefois keys rotate », with a token that lives as long as the command does.
path "transit/keys/unefois-master" {
  capabilities = ["read"]
}
path "transit/keys/unefois-master/rotate" {
  capabilities = ["update"]
}
path "transit/keys/unefois-master/config" {
  capabilities = ["update"]
  # Never exportable, never to be deleted: only these two numbers may change.
  allowed_parameters = {
    "min_decryption_version" = []
    "min_encryption_version" = []
  }
}
path "transit/encrypt/unefois-master" {
  capabilities = ["update"]
}
path "transit/decrypt/unefois-master" {
  capabilities = ["update"]
}
