"""A link with a delay and a rate between two network namespaces, for kernels without `tc netem`.

    slow-link.py NAMESPACE ADDRESS/PREFIX NAMESPACE ADDRESS/PREFIX DELAY_MS RATE_MBIT [LOSS_PERCENT MTU_BYTES]

Each namespace, which is there, gets an end of the link: a TUN device with the address. Packets that go in at one end come
out at the other one DELAY_MS milliseconds later, no faster than the rate; none is reordered, and as many are lost as was asked for,
each with the same probability. It prints `ready` and runs until it is ended; the ends then go. It wants root, and Linux with
/dev/net/tun.

Packets have up to 65,000 bytes unless it is said otherwise, since each costs Python time: what is studied then is the delay, not the
packets.
"""

import collections
import fcntl
import os
import random
import struct
import subprocess
import sys
import threading
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
LARGEST_MTU_BYTES = 65_000
# What may wait at the sending end, as in a router's queue: a quarter of a second.
MAX_QUEUED_SECONDS = 0.25


def open_end(name: str, namespace: str, address: str, mtu_bytes: int) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "netns", namespace], check=True)
    for command in (
        ["addr", "add", address, "dev", name],
        ["link", "set", name, "mtu", str(mtu_bytes), "txqueuelen", "1000", "up"],
        ["link", "set", "lo", "up"],
    ):
        subprocess.run(["ip", "-n", namespace, *command], check=True)
    return descriptor


class Direction:
    """Carries packets one way: one thread takes them in, another lets them out when their time has come."""

    def __init__(self, source: int, target: int, delay_seconds: float, bytes_per_second: float, loss: float):
        self.source = source
        self.target = target
        self.delay_seconds = delay_seconds
        self.bytes_per_second = bytes_per_second
        self.loss = loss
        self.random = random.Random(source)
        self.packets = collections.deque()
        self.came = threading.Semaphore(0)
        threading.Thread(target=self.take_in, daemon=True).start()
        threading.Thread(target=self.let_out, daemon=True).start()

    def take_in(self):
        sent_at = 0.0
        while True:
            packet = os.read(self.source, LARGEST_MTU_BYTES + 4)
            if self.random.random() < self.loss:
                continue
            now = time.monotonic()
            sent_at = max(sent_at, now) + len(packet) / self.bytes_per_second
            if sent_at - now > MAX_QUEUED_SECONDS:
                # A full queue: TCP is to notice. The time of the packet that is dropped is not used.
                sent_at -= len(packet) / self.bytes_per_second
                continue
            self.packets.append((sent_at + self.delay_seconds, packet))
            self.came.release()

    def let_out(self):
        while True:
            self.came.acquire()
            due, packet = self.packets.popleft()
            wait_seconds = due - time.monotonic()
            if wait_seconds > 0:
                time.sleep(wait_seconds)
            os.write(self.target, packet)


def main():
    first_namespace, first_address, second_namespace, second_address, delay_ms, rate_mbit, *more = sys.argv[1:]
    loss_percent, mtu_bytes = more or (0, LARGEST_MTU_BYTES)
    first = open_end("slow-a", first_namespace, first_address, int(mtu_bytes))
    second = open_end("slow-b", second_namespace, second_address, int(mtu_bytes))
    path = (float(delay_ms) / 1_000, float(rate_mbit) * 1e6 / 8, float(loss_percent) / 100)
    Direction(first, second, *path)
    Direction(second, first, *path)
    print("ready", flush=True)
    threading.Event().wait()


main()
