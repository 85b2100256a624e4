"""Files for the day everything else is lost: sealed to a key that lies offline."""
