"""What is answered when a request cannot even be parsed: uvicorn asks no application about it."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bridge.errors import MalformedRequestError
from bridge.problems import render


class ProblemProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, whose own refusal is a problem like every other."""

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and close; nothing of it is repeated."""
        del msg
        error = MalformedRequestError("This is no HTTP request, or its first line is too long.")
        problem = render(error, instance="")
        head = [b"HTTP/1.1 400 Bad Request", *(b"%b: %b" % each for each in problem.raw_headers)]
        self.transport.write(b"\r\n".join([*head, b"connection: close", b"", bytes(problem.body)]))
        self.transport.close()
