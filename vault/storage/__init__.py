"""Where ciphertext lies: the port, S3, memory."""
