"""A door for tests of several processes behind one port: it tells each caller which process answers, and no more."""

import os
import signal
import socket
import sys

from hub.prefork import serve


def answer(listening: socket.socket) -> None:
    """Answer until told to stop."""
    listening.listen()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        caller, _ = listening.accept()
        with caller:
            caller.sendall(str(os.getpid()).encode())


if __name__ == "__main__":
    sys.exit(serve(answer, host="127.0.0.1", port=int(sys.argv[1]), processes=int(sys.argv[2])))
