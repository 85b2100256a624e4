"""What every Caisse is told, and how names are written for it."""
