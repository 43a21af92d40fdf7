"""What `make lab` asks of the server: messages that are not kept back, and a tab that keeps its icon."""

import json
import re
from pathlib import Path

import jupyterlab
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from traitlets.utils.importstring import import_item

from parti_edu.server import SETTINGS, PromptConnection, prompt


class Handler(KernelWebsocketHandler):
    def __init__(self):
        self.told = []

    def set_nodelay(self, value):
        self.told.append(value)


def settings(file):
    return json.loads((SETTINGS / file).read_text(encoding="utf-8"))


def test_a_connection_sends_each_message_at_once(monkeypatch):
    handler = Handler()
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: list(handler.told))
    assert PromptConnection(websocket_handler=handler).connect() == [True]


def test_the_settings_name_it():
    named = settings("jupyter_server_config.json")["ServerApp"]["kernel_websocket_connection_class"]
    assert import_item(named) is PromptConnection


def test_the_plug_in_that_is_left_out_is_one_of_jupyterlab():
    (left_out,) = settings("labconfig/page_config.json")["disabledExtensions"]
    schemas = Path(jupyterlab.__file__).parents[4] / "share" / "jupyter" / "lab" / "static"
    scripts = (path.read_text(encoding="utf-8") for path in schemas.glob("jlab_core.*.js"))
    assert any(f'id:"{left_out}"' in script for script in scripts)


def test_settings_that_are_there_already_come_after():
    assert prompt({"A": "b"}) == {"A": "b", "JUPYTER_CONFIG_PATH": str(SETTINGS), "JUPYTER_WIDGETS_ECHO": "0"}
    first, second = re.split(
        "[:;](?=theirs)", prompt({"JUPYTER_CONFIG_PATH": "theirs"})["JUPYTER_CONFIG_PATH"]
    )
    assert (first, second) == (str(SETTINGS), "theirs")


def test_make_lab_uses_them():
    root = Path(__file__).parents[1]
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    (folder,) = re.findall(r"JUPYTER_CONFIG_PATH=(\S+?)\$", makefile)
    assert root / folder == SETTINGS
    assert re.search(r"^lab: .*\n\t\$\(prompt\) ", makefile, flags=re.M)
