# The key service. It comes up sealed: whoever holds the shares unseals it after each start (docs/keys.md).
storage "raft" {
  path    = "/openbao/file"
  node_id = "one"
}
listener "tcp" {
  address       = "0.0.0.0:8200"
  tls_cert_file = "/run/secrets/openbao_certificate"
  tls_key_file  = "/run/secrets/openbao_key"
}
api_addr     = "https://openbao:8200"
cluster_addr = "https://openbao:8201"
ui           = false
