"""Fits that keep their catalogue."""

revision = "hub_0006"
down_revision = "hub_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing yet."""


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
