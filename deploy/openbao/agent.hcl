# Beside each process: signs in by that process's role, keeps its token alive, and writes it where the process reads it.
auto_auth {
  method "approle" {
    config = {
      role_id_file_path                   = "/run/unefois/role-id"
      secret_id_file_path                 = "/run/unefois/secret-id"
      remove_secret_id_file_after_reading = false
    }
  }
  sink "file" {
    config = {
      path = "/run/token/token"
      mode = 0600
    }
  }
}
