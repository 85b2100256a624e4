# Pipelines neither seal nor open. Their token only lets them ask whether they are known.
path "transit/*" {
  capabilities = ["deny"]
}
