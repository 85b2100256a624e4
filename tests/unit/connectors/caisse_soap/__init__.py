"""The SOAP dialect of the Caisses."""
