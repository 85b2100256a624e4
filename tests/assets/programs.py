"""Harmless files that look like what scanners look for; none of them runs."""

import struct

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def windows_program() -> bytes:
    """Return the two headers of a Windows program and nothing to run."""
    return b"MZ" + b"\x90" * 58 + struct.pack("<I", 0x80) + b"\0" * 64 + b"PE\0\0" + b"\0" * 64


def unix_program() -> bytes:
    """Return the header of an ELF program and nothing to run."""
    return b"\x7fELF\x02\x01\x01" + b"\0" * 57


def office_macros() -> bytes:
    """Return the first bytes and the telling name of an old Office file with macros."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "_VBA_PROJECT".encode("utf-16-le") + b"\0" * 64
