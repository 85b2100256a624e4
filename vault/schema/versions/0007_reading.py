"""What reading found, and where on the page."""

revision = "vault_0007"
down_revision = "vault_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing yet."""


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
