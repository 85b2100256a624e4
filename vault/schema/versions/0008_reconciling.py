"""Objects that no row names."""

revision = "vault_0008"
down_revision = "vault_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing yet."""


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
