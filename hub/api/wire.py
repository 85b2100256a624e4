"""What is no HTTP request at all is refused like everything else: with a problem document."""

from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from contracts.problems import PROBLEMS
from hub.api.problems import problem


class PlainRefusal(HttpToolsProtocol):
    """The server's own reading of HTTP/1.1, but for the words with which it refuses."""

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no request, then close; ``msg`` is the library's and is not passed on."""
        del msg
        answer = problem(PROBLEMS["malformed"], uuid4().hex)
        fields = [*answer.raw_headers, (b"connection", b"close")]
        head = b"".join(name + b": " + said + b"\r\n" for name, said in fields)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + bytes(answer.body))
        self.transport.close()
