"""How `make lab` answers a slider at once.

A move makes the kernel send several small messages. By default TCP keeps a small message back until the one
before it is acknowledged, and the browser's side takes up to 40 ms for that (Nagle's algorithm, RFC 896,
with delayed acknowledgement, RFC 1122): the picture is ready and waits. jupyter_server leaves this on.

And at every move JupyterLab fetches another icon for the browser's tab, and the old one when the kernel
rests: two requests that server and page attend to before the picture. The settings in `jupyter/` name the
connection below and leave that plug-in out; in its page JupyterLab goes on showing when a kernel is busy.
"""

import os
from pathlib import Path

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

SETTINGS = Path(__file__).parent / "jupyter"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """The server's own connection between a kernel and a page, each message sent when it is there."""

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()


def prompt(environment):
    """The environment with these settings before its own, and without the echo of a slider's own move."""
    path = os.pathsep.join(filter(None, [str(SETTINGS), environment.get("JUPYTER_CONFIG_PATH")]))
    return {**environment, "JUPYTER_CONFIG_PATH": path, "JUPYTER_WIDGETS_ECHO": "0"}
