"""Files as a Caisse's software leaves them, each made byte by byte by the generator beside them."""
