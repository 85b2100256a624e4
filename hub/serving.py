"""The HTTP server of one of several processes: it listens nowhere, and is handed its connections."""

import asyncio
import socket
import sys

import uvicorn

from hub.prefork import Handed


class HandedServer(uvicorn.Server):
    """The library's server, but for where its connections come from."""

    def __init__(self, config: uvicorn.Config, handed: Handed) -> None:
        """Serve what ``handed`` brings."""
        super().__init__(config)
        self._handed = handed
        self._beginning = set[asyncio.Task[None]]()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then ask for connections."""
        del sockets
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(1)
        self.servers: list[asyncio.base_events.Server] = []
        asyncio.get_running_loop().add_reader(self._handed.channel, self._take)
        self._handed.ready()
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and end as the library does."""
        asyncio.get_running_loop().remove_reader(self._handed.channel)
        await super().shutdown(sockets)

    def _take(self) -> None:
        for connection in self._handed.take():
            task = asyncio.create_task(self._begin(connection))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        kind = self.config.http_protocol_class
        return kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)  # type: ignore[call-arg]  # as the library itself calls it
