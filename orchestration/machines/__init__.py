"""What several machines need before their processes start: logins, bucket, keys, and each process's own share of them."""
