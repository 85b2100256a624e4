"""Published test vectors of vault/crypto/FORMAT.md, and what made them."""
