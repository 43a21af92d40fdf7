"""How `make lab` answers a slider at once.

A move makes the kernel send several small messages. By default TCP keeps a small message back until the one
before it is acknowledged, and the browser's side takes up to 40 ms for that (Nagle's algorithm, RFC 896,
with delayed acknowledgement, RFC 1122): the picture is ready and waits. jupyter_server leaves this on.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """The server's own connection between a kernel and a page, each message sent when it is there.

    Used by `jupyter lab --ServerApp.kernel_websocket_connection_class=parti_edu.server.PromptConnection`.
    """

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()
