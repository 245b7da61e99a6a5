#!/usr/bin/env python3
"""Archive what every device on the network says. Start it as often as you like: together the copies share the work.

    archive.py FILE.sqlite --host broker --name archive-1  one member of the group; runs until interrupted
    archive.py FILE.sqlite --host broker --ask             ask the devices for what is missing, and end
    sqlite3 FILE.sqlite 'SELECT device, at, payload FROM finals ORDER BY device, at'

Members are one consumer group (`$share/…`): each final goes to one of them. It is acknowledged when it is on the disk,
so that what a member had in hand when it died is delivered again; what comes twice is kept once, by its id.
Needs Python 3.11 and paho-mqtt 2.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

#: The broker keeps a member's share for it so long, seconds.
SESSION_S = 86_400
#: Most finals that a device sends for one request.
LIMIT = 200
TABLE = """CREATE TABLE IF NOT EXISTS finals (
    device TEXT, epoch TEXT, seq INTEGER, at TEXT, member TEXT, payload TEXT, PRIMARY KEY (device, epoch, seq))"""
#: First and last number of each gap between two finals of an epoch.
GAPS = """SELECT device, epoch, before + 1, seq - 1 FROM (
    SELECT device, epoch, seq, lag(seq, 1, 0) OVER (PARTITION BY device, epoch ORDER BY seq) AS before FROM finals)
    WHERE seq > before + 1"""


def main() -> None:
    """Do what the command line says."""
    arguments = parse()
    archive = sqlite3.connect(arguments.file, timeout=30, isolation_level=None, check_same_thread=False)
    archive.execute("PRAGMA journal_mode = WAL")
    archive.execute(TABLE)
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, arguments.name, protocol=paho.MQTTv5, manual_ack=True)
    if arguments.username:
        client.username_pw_set(arguments.username, arguments.password_file.read_text(encoding="utf-8").strip())
    if arguments.ca_file:
        client.tls_set(arguments.ca_file)
    if arguments.ask:
        ask(client, arguments, archive)
    else:
        take_part(client, arguments, archive)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--ask", action="store_true", help="ask for what is missing")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--username")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--ca-file", type=Path)
    parser.add_argument("--group", default="archive")
    parser.add_argument("--name", default="", help="a member's own, the same after a restart: its share waits for it")
    arguments = parser.parse_args()
    if not (arguments.name or arguments.ask):
        parser.error("a member needs a --name of its own, the same after each restart")
    return arguments


def take_part(client: paho.Client, arguments: argparse.Namespace, archive: sqlite3.Connection) -> None:
    """Keep this member's share until interrupted."""

    def connected(client: paho.Client, *_rest: Any) -> None:
        topics = (f"$share/{arguments.group}/dragoman/+/{name}" for name in ("final", "replay"))
        client.subscribe([(topic, 1) for topic in topics])

    def came(client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            keep(archive, message, arguments.name)
        except (ValueError, KeyError, TypeError) as error:  # anybody may write to a topic
            print(f"{message.topic}: no final: {error}", file=sys.stderr)
        client.ack(message.mid, message.qos)

    client.on_connect = connected
    client.on_message = came
    keeping = Properties(PacketTypes.CONNECT)
    keeping.SessionExpiryInterval = SESSION_S
    client.connect_async(arguments.host, arguments.port, clean_start=False, properties=keeping)
    try:
        client.loop_forever(retry_first_connection=True)
    except KeyboardInterrupt:
        client.disconnect()


def keep(archive: sqlite3.Connection, message: paho.MQTTMessage, member: str) -> None:
    """Have a final on the disk when this returns."""
    final = json.loads(message.payload)
    row = (message.topic.split("/")[1], final["epoch"], final["seq"], final["at"], member, message.payload.decode())
    archive.execute("INSERT OR IGNORE INTO finals VALUES (?, ?, ?, ?, ?, ?)", row)


def ask(client: paho.Client, arguments: argparse.Namespace, archive: sqlite3.Connection) -> None:
    """Ask for what is missing; the members get it."""
    client.connect(arguments.host, arguments.port)
    client.loop_start()
    for device, epoch, first, last in missing(archive):
        print(f"{device} {epoch}: {first} to {last}")
        request = {"epoch": epoch, "from_seq": first, "limit": last - first + 1}
        client.publish(f"dragoman/{device}/cmd/replay", json.dumps(request), qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def missing(archive: sqlite3.Connection) -> Iterator[tuple[str, str, int, int]]:
    """Yield a gap of each device, as much of it as one request may ask for: a device answers one at a time."""
    asked = set()
    for device, epoch, first, last in archive.execute(GAPS):
        if device not in asked:
            asked.add(device)
            yield device, epoch, first, min(last, first + LIMIT - 1)


if __name__ == "__main__":
    main()
