"""Enrolment lines, residences, what was asked and what was spared."""

revision = "hub_0008"
down_revision = "hub_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing yet."""


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
