"""One end of a BitTorrent transfer over TCP, by libtorrent.

libtorrent-peer.py create TORRENT FILE
libtorrent-peer.py seed TORRENT FOLDER HOST:PORT         says "ready", and runs until it is ended
libtorrent-peer.py get TORRENT FOLDER HOST:PORT SEED     ends when the file is there, verified and flushed
libtorrent-peer.py swarm TORRENT FOLDER HOST:PORT PEER…  says "done" then, and seeds on until it is ended
"""

import os
import sys

import libtorrent as lt

command, torrent_path, path = sys.argv[1:4]


def create() -> None:
    files = lt.file_storage()
    lt.add_files(files, path)
    torrent = lt.create_torrent(files, 1 << 20, flags=lt.create_torrent.v1_only)
    lt.set_piece_hashes(torrent, os.path.dirname(path))
    with open(torrent_path, "wb") as file:
        file.write(lt.bencode(torrent.generate()))


def start_session(listen: str) -> lt.session:
    categories = lt.alert.category_t
    return lt.session(
        {
            "listen_interfaces": listen,
            "enable_dht": False,
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "enable_incoming_utp": False,
            "enable_outgoing_utp": False,
            "allow_multiple_connections_per_ip": True,
            "alert_mask": categories.status_notification | categories.storage_notification,
        }
    )


def add_torrent(session: lt.session, flags: int) -> lt.torrent_handle:
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(torrent_path)
    parameters.save_path = path
    usual = lt.torrent_flags.default_flags & ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
    parameters.flags = usual | flags
    return session.add_torrent(parameters)


def wait_for(session: lt.session, alert_name: str) -> None:
    while True:
        session.wait_for_alert(10_000)
        if any(type(alert).__name__ == alert_name for alert in session.pop_alerts()):
            return


if command == "create":
    create()
else:
    session = start_session(sys.argv[4])
    handle = add_torrent(session, lt.torrent_flags.seed_mode if command == "seed" else 0)
    if command == "seed":
        print("ready", flush=True)
        wait_for(session, "no such alert")
    # Of two that start at once the later one reaches the earlier one, so that all are connected soon.
    for address in sys.argv[5:]:
        host, port = address.rsplit(":", 1)
        handle.connect_peer((host, int(port)))
    wait_for(session, "torrent_finished_alert")
    handle.flush_cache()
    wait_for(session, "cache_flushed_alert")
    if command == "swarm":
        print("done", flush=True)
        wait_for(session, "no such alert")
    # What a session does when it is taken down is no part of the transfer.
    os._exit(0)
