"""What `make lab` asks of the server: messages that are not kept back."""

import re
from pathlib import Path

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from traitlets.utils.importstring import import_item

from parti_edu.server import PromptConnection


class Handler(KernelWebsocketHandler):
    def __init__(self):
        self.told = []

    def set_nodelay(self, value):
        self.told.append(value)


def test_a_connection_sends_each_message_at_once(monkeypatch):
    handler = Handler()
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: list(handler.told))
    assert PromptConnection(websocket_handler=handler).connect() == [True]


def test_make_lab_names_it():
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")
    (name,) = re.findall(r"--ServerApp\.kernel_websocket_connection_class=(\S+)", makefile)
    assert import_item(name) is PromptConnection
