# SPDX-License-Identifier: Apache-2.0
"""The machine that the examples of the documents speak of: run within `unshare -rnmpf`.

In a network of its own every port is free and every address may be ours, and in a mount namespace
/etc/hosts and the authorities of the system are what we want: so examples run word by word. What
they leave running ends with us, the first process of their world. Reads a plan as JSON from standard input, writes the outcomes as JSON:

    {"program": path, "files": {name: text}, "before": [command...],
     "servers": [[words of sluice serve]...], "beside": [command...], "at_a_time": number, "commands": [command...]}

The authority that all believe is the file ca.pem.

A command of its own ends; what serves or watches is stopped once it has shown what ENOUGH says.
"""

import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib
import re
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HOSTS = """127.0.0.1 localhost stream.example.com
127.0.0.2 api.example.com www.example.com staging.example.com events.example
"""
ADDRESSES = ("10.0.0.2", "10.0.0.7")  # of the hops; they stand beside 127.0.0.1
COMMAND_MAX = 60  # seconds; an audit takes less than 40
START_MAX = 10
ENOUGH = re.compile(rb"^(data: ?\S|event: \w|\{\"|\w+  #\d)|listening on http", re.MULTILINE)
ENDLESS = re.compile(r"^(curl -s?N|sluice tail|sluice serve(?!.*--check))")
SIOCSIFADDR, SIOCSIFFLAGS, SIOCGIFFLAGS, IFF_UP = 0x8916, 0x8914, 0x8913, 1


def bring_up():
    """Loopback, with the addresses of the hops."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for name, address in [("lo", "127.0.0.1"), *((f"lo:{i}", a) for i, a in
                                                      enumerate(ADDRESSES, 1))]:
            fcntl.ioctl(sock, SIOCSIFADDR, struct.pack("16sHH4s8x", name.encode(), socket.AF_INET,
                                                       0, socket.inet_aton(address)))
        flags = fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", flags)[1] | IFF_UP
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


def replace(path, text, folder):
    """Puts a file of ours where the system has its own."""
    own = folder / path.replace("/", "-")
    own.write_text(text, encoding="utf-8")
    own.chmod(0o644)
    subprocess.run(["mount", "--bind", str(own), path], check=True)


def settle(plan, folder):
    bring_up()
    replace("/etc/hosts", HOSTS, folder)
    replace("/etc/ssl/certs/ca-certificates.crt", plan["files"]["ca.pem"], folder)
    (folder / "bin").mkdir()
    (folder / "bin" / "sluice").symlink_to(plan["program"])
    os.environ["PATH"] = f"{folder / 'bin'}:{os.environ['PATH']}"
    (folder / "here").mkdir()
    os.chdir(folder / "here")
    for name, text in plan["files"].items():
        pathlib.Path(name).write_text(text, encoding="utf-8")
        pathlib.Path(name).chmod(0o600)
    pathlib.Path(".curlrc").write_text("fail\nsilent\n", encoding="ascii")
    os.environ["CURL_HOME"] = os.getcwd()


def read_until(pipe, enough, limit):
    """What comes, up to the end, or to `enough`, or for so long. True in front: it has been seen."""
    deadline, got = time.monotonic() + limit, b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while selector.select(max(0, deadline - time.monotonic())):
            piece = os.read(pipe.fileno(), 65536)
            if not piece:
                break
            got += piece
            if enough and enough.search(got):
                return True, got
    return False, got


def start(words, log):
    server = subprocess.Popen(["sluice", "serve", *words], stdin=subprocess.DEVNULL, stdout=log,
                              stderr=subprocess.PIPE)
    ready, said = read_until(server.stderr, re.compile(rb"listening on http"), START_MAX)
    if not ready:
        server.kill()
        server.wait()
        raise RuntimeError(f"sluice serve {' '.join(words)}: {said.decode()}")
    return server


def stop_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(COMMAND_MAX)


def run(command):
    endless = bool(ENDLESS.search(command))
    process = subprocess.Popen(["bash", "-c", f"set -o pipefail; {command}"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        seen, got = read_until(process.stdout, ENOUGH if endless else None, COMMAND_MAX)
        code = None if endless else process.wait(1)
    except subprocess.TimeoutExpired:
        seen, code = False, "hangs"
    finally:
        stop_group(process)
        process.stdout.close()
    good = (0, 1) if command.startswith("sluice audit") else (0,)  # 1: it has findings
    return {"command": command, "good": seen if endless else code in good, "code": code,
            "said": got.decode("utf-8", "replace")}


def play(plan, log):
    outcomes = [run(command) for command in plan["before"]]
    servers, beside = [], []
    try:
        for words in plan["servers"]:
            servers.append(start(words, log))
        os.environ["SERVER_PID"] = str(servers[0].pid) if servers else ""
        beside += [subprocess.Popen(["bash", "-c", command], start_new_session=True, stdout=log)
                   for command in plan["beside"]]
        with concurrent.futures.ThreadPoolExecutor(plan["at_a_time"]) as pool:
            return outcomes + list(pool.map(run, plan["commands"]))
    finally:
        for process in beside:
            stop_group(process)
        for server in servers:
            server.kill()
            server.wait()
            server.stderr.close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))  # the first process has no default
    plan = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="sluice-") as name:
        folder = pathlib.Path(name)
        settle(plan, folder)
        with open(folder / "log", "wb") as log:
            outcomes = play(plan, log)
        os.chdir("/")
        for path in ("/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"):
            subprocess.run(["umount", path], check=True)
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
