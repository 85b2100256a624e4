"""A paper handed in once: idempotent, received with a receipt, erased on demand."""
