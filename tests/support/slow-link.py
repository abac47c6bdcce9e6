"""A link with a delay, a rate, losses and packets out of order between two network namespaces, on any kernel: `tc netem` is not in all.

    slow-link.py NAMESPACE ADDRESS/PREFIX NAMESPACE ADDRESS/PREFIX DELAY_MS RATE_MBIT [OPTIONS]

Each namespace, which is there, gets an end of the link: a TUN device with the address. Packets that go in at one end come
out at the other one DELAY_MS milliseconds later, no faster than the rate. The options say how many are lost and how many are held back,
each with the same probability; those that are held back come out some milliseconds later still, behind others that went in after
them. It prints `ready` and runs until it is ended (SIGTERM); the ends then go, and it prints how many packets it has carried, lost and held
back, as JSON. It wants root, and Linux with /dev/net/tun.

Packets have up to 65,000 bytes unless it is said otherwise, since each costs Python time: what is studied then is the delay, not the
packets.
"""

import argparse
import collections
import fcntl
import json
import os
import random
import signal
import struct
import subprocess
import threading
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
LARGEST_MTU_BYTES = 65_000
# What may wait at the sending end, as in a router's queue: a quarter of a second.
MAX_QUEUED_SECONDS = 0.25


def read_arguments():
    parser = argparse.ArgumentParser()
    for end in ("first", "second"):
        parser.add_argument(f"{end}_namespace")
        parser.add_argument(f"{end}_address")
    parser.add_argument("delay_ms", type=float)
    parser.add_argument("rate_mbit", type=float)
    parser.add_argument("--loss-percent", type=float, default=0)
    parser.add_argument("--reorder-percent", type=float, default=0)
    parser.add_argument("--hold-back-ms", type=float, default=5)
    parser.add_argument("--mtu-bytes", type=int, default=LARGEST_MTU_BYTES)
    parser.add_argument("--devices", nargs=2, default=("slow-a", "slow-b"), help="what the ends are called")
    return parser.parse_args()


def open_end(name: str, namespace: str, address: str, mtu_bytes: int) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    # Until it is in its namespace, where it gets its name, it is among those of this machine.
    made = f"slow{os.getpid()}-{descriptor}"[:15]
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", made.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", made, "netns", namespace], check=True)
    for command in (
        ["link", "set", made, "name", name],
        ["addr", "add", address, "dev", name],
        ["link", "set", name, "mtu", str(mtu_bytes), "txqueuelen", "1000", "up"],
        ["link", "set", "lo", "up"],
    ):
        subprocess.run(["ip", "-n", namespace, *command], check=True)
    return descriptor


class Lane:
    """Lets packets out in the order in which they were put in, each when its time has come."""

    def __init__(self, target: int):
        self.target = target
        self.packets = collections.deque()
        self.came = threading.Semaphore(0)
        threading.Thread(target=self.let_out, daemon=True).start()

    def put(self, due: float, packet: bytes):
        self.packets.append((due, packet))
        self.came.release()

    def let_out(self):
        while True:
            self.came.acquire()
            due, packet = self.packets.popleft()
            wait_seconds = due - time.monotonic()
            if wait_seconds > 0:
                time.sleep(wait_seconds)
            os.write(self.target, packet)


class Direction:
    """Carries packets one way."""

    def __init__(self, source: int, target: int, options: argparse.Namespace):
        self.source = source
        self.delay_seconds = options.delay_ms / 1_000
        self.held_back_seconds = options.hold_back_ms / 1_000
        self.bytes_per_second = options.rate_mbit * 1e6 / 8
        self.loss = options.loss_percent / 100
        self.reordering = options.reorder_percent / 100
        self.random = random.Random(source)
        self.carried = self.lost = self.held_back = 0
        self.usual, self.late = Lane(target), Lane(target)
        threading.Thread(target=self.take_in, daemon=True).start()

    def take_in(self):
        sent_at = 0.0
        while True:
            packet = os.read(self.source, LARGEST_MTU_BYTES + 4)
            if self.random.random() < self.loss:
                self.lost += 1
                continue
            now = time.monotonic()
            sent_at = max(sent_at, now) + len(packet) / self.bytes_per_second
            if sent_at - now > MAX_QUEUED_SECONDS:
                # A full queue: TCP is to notice. The time of the packet that is dropped is not used.
                sent_at -= len(packet) / self.bytes_per_second
                continue
            self.carried += 1
            due = sent_at + self.delay_seconds
            if self.reordering > 0 and self.random.random() < self.reordering:
                self.held_back += 1
                self.late.put(due + self.held_back_seconds, packet)
            else:
                self.usual.put(due, packet)


def main():
    options = read_arguments()
    mtu_bytes = options.mtu_bytes
    first = open_end(options.devices[0], options.first_namespace, options.first_address, mtu_bytes)
    second = open_end(options.devices[1], options.second_namespace, options.second_address, mtu_bytes)
    directions = [Direction(first, second, options), Direction(second, first, options)]
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    print("ready", flush=True)
    ended.wait()
    counts = {what: sum(getattr(each, what) for each in directions) for what in ("carried", "lost", "held_back")}
    print(json.dumps({"type": "packets", **counts}), flush=True)
    # Threads wait in reads that nothing ends.
    os._exit(0)


main()
