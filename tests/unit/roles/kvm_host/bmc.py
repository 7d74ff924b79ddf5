# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sushy-tools' Redfish emulator with BIOS settings that wait for a reboot, on a free port of the loopback,
with a certificate that nobody signed.

Its own BIOS needs libvirt and changes at once. This one stages what is written, and shows it as the BMC of a vendor
does; the rest is the emulator's: paths, passwords, errors.

Usage: bmc.py FILE, with the settings as JSON (:class:`Settings`). Its port is the first line that it prints.
"""

from __future__ import annotations

import json
import sys
import typing as t

import bcrypt
import flask
from sushy_tools import error
from sushy_tools.emulator import main as emulator
from sushy_tools.emulator.resources.systems import fakedriver
from werkzeug.serving import make_server

Attributes = dict[str, t.Any]


class System(t.TypedDict, total=False):
    """One server."""

    uuid: str
    """Its Id in Redfish."""
    manufacturer: str
    attributes: Attributes
    """What its BIOS has; none: a system that shows no BIOS."""
    etag: str
    """The tag that its BMC insists on (Lenovo)."""
    apply_times: list[str]
    """When its BMC can apply settings, which it then wants to be told (Dell)."""


class Settings(t.TypedDict):
    """What the emulator is to be."""

    folder: str
    """For its files."""
    username: str
    password: str
    systems: list[System]


class Driver(fakedriver.FakeDriver):  # type: ignore[misc]
    """The emulator's systems without libvirt, and a BIOS."""

    def get_bios(self, identity: str) -> Attributes:
        """The settings in effect, or the pending ones, by the path that was asked for."""
        system = self._get(identity)
        if "attributes" not in system:
            raise error.NotSupportedError
        if not flask.request.path.endswith("/Settings"):
            return t.cast(Attributes, system["attributes"])
        return t.cast(Attributes, system.get("pending", {}))

    def set_bios(self, identity: str, attributes: Attributes) -> None:
        """Stage settings, on the conditions of the vendor."""
        system, request = self._get(identity), flask.request
        for name, value in attributes.items():
            if value not in ("Enable", "Enabled", "Disable", "Disabled"):
                raise error.BadRequest(f"The value {value} of the property {name} is not in the list")
        if system.get("etag") and request.headers.get("If-Match") != system["etag"]:
            raise error.FishyError("If-Match is needed", 428)
        if system.get("apply_times") and "@Redfish.SettingsApplyTime" not in request.json:
            raise error.BadRequest("Without a time to apply them, these settings would stay where they are")
        self._update(system, pending={**system.get("pending", {}), **attributes})


def as_the_vendor(response: flask.Response) -> flask.Response:
    """What the emulator says, with what is special about the BMC of a vendor."""
    arguments = flask.request.view_args or {}
    if response.status_code != 200 or "identity" not in arguments:
        return response
    system, place, said = emulator.app.systems._get(arguments["identity"]), flask.request.endpoint, response.get_json()
    if place == "system_resource":
        said.update(Manufacturer=system["manufacturer"], Model="of the tests")
    elif place == "bios" and "apply_times" in system:
        said["@Redfish.Settings"]["SupportedApplyTimes"] = system["apply_times"]
    elif place == "bios_settings" and "etag" in system:
        response.headers["ETag"] = system["etag"]
    response.data = json.dumps(said)
    return response


def serve(settings: Settings) -> None:
    """Run until the process is ended."""
    accounts = f"{settings['folder']}/accounts"
    with open(accounts, "w", encoding="utf-8") as file:
        digest = bcrypt.hashpw(settings["password"].encode(), bcrypt.gensalt(4)).decode()
        file.write(f"{settings['username']}:{digest}\n")
    emulator.fakedriver.FakeDriver = Driver
    emulator.app.configure(extra_config={
        "SUSHY_EMULATOR_FAKE_DRIVER": True,
        "SUSHY_EMULATOR_AUTH_FILE": accounts,
        "SUSHY_EMULATOR_STATE_DIR": settings["folder"],
        "SUSHY_EMULATOR_FAKE_SYSTEMS": [
            {**system, "name": system["uuid"], "power_state": "On", "nics": []} for system in settings["systems"]],
    })
    emulator.app.after_request(as_the_vendor)
    server = make_server("127.0.0.1", 0, emulator.app, threaded=True, ssl_context="adhoc")
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as given:
        serve(json.load(given))
