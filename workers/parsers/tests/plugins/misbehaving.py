"""Does what its input says, and tells how that went. No example."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time


def tell(text):
    json.dump({"blocks": [{"kind": "paragraph", "text": text}]}, sys.stdout)


def attempt(action):
    try:
        result = action()
    except OSError as error:
        return f"refused: {type(error).__name__}"
    return f"allowed: {result}"


def traced():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    return "traced"


def child():
    if os.fork() == 0:
        os.close(1)
        os.close(2)
        time.sleep(600)
    return "left a child behind"


def read(path):
    with open(path) as file:
        return file.read().strip()


asked = sys.stdin.read().strip()
what, _, argument = asked.partition(" ")
attempts = {
    "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
    "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "local": lambda: socket.socket(socket.AF_UNIX),
    "read": lambda: read(argument),
    "list": lambda: os.listdir(argument),
    "write": lambda: open(argument, "w"),
    "kill": lambda: os.kill(int(argument), 0),
    "ptrace": traced,
    "execute": lambda: subprocess.run([argument]).returncode,
    "session": os.setsid,
    "unshare": lambda: os.unshare(os.CLONE_NEWUSER) if hasattr(os, "unshare") else traced(),
    "leave": child,
    "environment": lambda: ",".join(sorted(os.environ)),
    "descriptors": lambda: ",".join(str(fd) for fd in range(300) if is_open(fd)),
}


def is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


if what == "hang":
    time.sleep(600)
elif what == "spin":
    while True:
        pass
elif what == "exit":
    sys.exit(7)
elif what == "abort":
    os.abort()
elif what == "hog":
    tell(str(len(bytearray(1 << 30))))
elif what == "flood":
    while True:
        sys.stdout.write("flood " * 10_000)
elif what == "print":
    sys.stdout.write(argument)
else:
    tell(attempt(attempts[what]))
