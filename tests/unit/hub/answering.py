"""A door for tests of several processes behind one port: it tells each caller which process answers, and no more."""

import os
import select
import signal
import socket
import sys
from collections.abc import Iterator

from hub.prefork import Handed, serve


def answer(incoming: socket.socket | Handed) -> None:
    """Answer until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for caller in callers(incoming):
        with caller:
            caller.sendall(str(os.getpid()).encode())


def callers(incoming: socket.socket | Handed) -> Iterator[socket.socket]:
    """Take one after the other, for ever."""
    if isinstance(incoming, Handed):
        incoming.ready()
        while True:
            select.select([incoming.channel], [], [])
            yield from incoming.take()
    incoming.listen()
    while True:
        yield incoming.accept()[0]


if __name__ == "__main__":
    sys.exit(serve(answer, host="127.0.0.1", port=int(sys.argv[1]), processes=int(sys.argv[2])))
