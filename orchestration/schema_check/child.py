"""The process that compiles strangers' schemas: it takes them from its standard input, and can reach nothing else.

Its parent is named on the command line. Standard output carries one JSON object a line: first that it is confined,
then, before and after each file, its path.
"""

import json
import os
import signal
import socket
import sys
from typing import Any, BinaryIO

from connectors.schemas.catalogue import Catalogue
from connectors.schemas.charset import decode
from connectors.schemas.checking import fault_of
from vault.ingest.limits import Limits, confine

LIMITS = Limits(address_space=2_000_000_000, cpu_seconds=3600, open_files=0)
"""No new descriptor at all: no socket and no file, where the machine has no filter of system calls, too."""
PROCESSOR_SECONDS = 15
"""For one file; what takes longer ends the process by a signal of its own."""
UNCONFINED = 3
"""Exit status where the machine did not take the network away: nothing was compiled."""
_WARMING = {
    "a.xsd": '<schema xmlns="http://www.w3.org/2001/XMLSchema"><include schemaLocation="b.xsd"/></schema>',
    "b.xsd": '<schema xmlns="http://www.w3.org/2001/XMLSchema"><element name="a" type="none"/></schema>',
    "a.wsdl": """<w:definitions targetNamespace="urn:a" xmlns:a="urn:a" xmlns:w="http://schemas.xmlsoap.org/wsdl/"
      xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"><w:types><schema xmlns="http://www.w3.org/2001/XMLSchema"
      targetNamespace="urn:a"><element name="a"/></schema></w:types><w:message name="a"><w:part name="a" element="a:a"/>
      </w:message><w:portType name="a"><w:operation name="a"><w:input message="a:a"/></w:operation></w:portType>
      <w:binding name="a" type="a:a"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
      <w:operation name="a"><s:operation/><w:input><s:body use="literal"/></w:input></w:operation></w:binding>
      <w:service name="a"><w:port name="a" binding="a:a"><s:address location=""/></w:port></w:service>
      </w:definitions>""",
    "b.wsdl": '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><import location="c.wsdl"/></definitions>',
}
"""One of each that can be used, and one that cannot: both ways load what they need."""


def main() -> None:
    """Confine this process, then say of each file asked for what is wrong with it."""
    _warm()
    confine(LIMITS, parent=int(sys.argv[1]))
    if _reaches_anything():
        os._exit(UNCONFINED)
    _say({"confined": True})
    files, wanted = _received(sys.stdin.buffer)
    catalogue = Catalogue(files)
    for path in wanted:
        _say({"begun": path})
        signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)
        fault = fault_of(catalogue, path)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _say({"path": path, "fault": fault})


def _warm() -> None:
    """Load what is loaded on first use: afterwards no module can be opened any more."""
    catalogue = Catalogue({path: text.encode() for path, text in _WARMING.items()})
    for path in _WARMING:
        fault_of(catalogue, path)
    for charset in ("iso-8859-1", "iso-8859-15", "windows-1252", "us-ascii"):
        decode(f'<?xml version="1.0" encoding="{charset}"?><a/>'.encode())
    for codec in ("utf-16", "utf-16-be"):
        decode("<a/>".encode(codec))


def _reaches_anything() -> bool:
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        try:
            socket.socket(family).close()
        except OSError:
            continue
        return True
    try:
        os.close(os.open("/", os.O_RDONLY))
    except OSError:
        return False
    return True


def _received(source: BinaryIO) -> tuple[dict[str, bytes], list[str]]:
    header: dict[str, Any] = json.loads(source.readline())
    return {path: source.read(size) for path, size in header["files"]}, header["wanted"]


def _say(message: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode("ascii") + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
