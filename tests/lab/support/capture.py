"""Writes all packets of a network device to a file, as they are, until it is ended: capture.py DEVICE FILE.

Prints `ready` when it captures. It wants root and Linux; it is here since tcpdump is not everywhere.
"""

import signal
import socket
import sys

ETH_P_ALL = 3

device, path = sys.argv[1:]
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024 * 1024)
packets.bind((device, 0))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with open(path, "wb") as file:
    print("ready", flush=True)
    while True:
        file.write(packets.recv(65_600))
