"""The one gate out: ground and journal entry first, then bytes."""
