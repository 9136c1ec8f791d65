# SPDX-License-Identifier: Apache-2.0
"""Real programs and proxies, each started as its users start it, on a free port of loopback.

A function here gives a Running with the port, or raises Missing with the package to install.
Programs stay in the process group of the tests, so that whoever interrupts these ends them too.
Their files go with the folder.
"""

import grp
import os
import pathlib
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT = 20.0  # seconds that a program may take to listen
INSTALL_MAX = 180  # seconds for npm or the Go compiler
PORT_MIN, PORT_TRIES = 10_000, 100
PERIOD_MS = "250"
APACHE_MODULES = "/usr/lib/apache2/modules"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class Missing(Exception):
    """A package is not installed, or cannot be had."""


def find(command, package):
    path = shutil.which(command, path=PATH)
    if path is None:
        raise Missing(f"{command} is not there: install {package}")
    return path


def free_port():
    """A port for a program that cannot be told 0: none that the system gives to others meanwhile."""
    given = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
    first = int(given.split()[0])
    for port in random.sample(range(PORT_MIN, max(first, PORT_MIN + PORT_TRIES)), PORT_TRIES):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no port is free from {PORT_MIN} to {first}")


class Running:
    """A program that listens; stop() ends it and all that it started."""

    def __init__(self, words, port, folder, env=None):
        self.port = port
        self.folder = folder
        log = open(pathlib.Path(folder.name) / "log", "wb")
        with log:
            self.process = subprocess.Popen(words, cwd=folder.name, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log,
                                            env={**os.environ, "PORT": str(port),
                                                 "PERIOD_MS": PERIOD_MS, **(env or {})})
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def said(self):
        """The end of what it wrote, and whether it still runs."""
        log = (pathlib.Path(self.folder.name) / "log").read_text(errors="replace")[-2000:]
        code = self.process.poll()
        return f"{self.process.args[0]} " + ("runs" if code is None else f"ended with {code}") + (
            f" and wrote:\n{log}")

    def _wait(self):
        deadline = time.monotonic() + TIMEOUT
        while self.process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(f"nobody listens at {self.port}: {self.said()}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def make_folder():
    folder = tempfile.TemporaryDirectory(prefix="sluice-stack-", ignore_cleanup_errors=True)
    os.chmod(folder.name, 0o755)  # some drop their rights and still read there
    return folder


def fill(template, folder, port, origin, **more):
    """Writes a configuration with its @NAMES@ replaced; gives its path."""
    text = (HERE / template).read_text(encoding="utf-8")
    values = {"PORT": port, "ORIGIN": origin, "DIR": folder.name, **more}
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    path = pathlib.Path(folder.name) / pathlib.Path(template).name
    path.write_text(text, encoding="utf-8")
    return path


def install(words, folder, what, env=None):
    try:
        done = subprocess.run(words, cwd=folder.name, capture_output=True, text=True, check=False,
                              timeout=INSTALL_MAX, env={**os.environ, **(env or {})})
    except subprocess.TimeoutExpired as late:
        raise Missing(f"{what} took too long") from late
    if done.returncode != 0:
        raise Missing(f"{what} failed: {done.stderr[-300:]}")


# Programs.


def express():
    node, npm = find("node", "nodejs"), find("npm", "npm")
    folder = make_folder()
    for name in ("package.json", "package-lock.json", "server.js"):
        shutil.copy(HERE / "express" / name, folder.name)
    try:
        install([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder, "npm ci")
    except Missing:
        folder.cleanup()
        raise
    return Running([node, "server.js"], free_port(), folder)


def fastapi():
    uvicorn = find("uvicorn", "uvicorn")
    # Debian's modules belong to Debian's interpreter, which may not be the first on the path.
    python = "/usr/bin/python3"
    there = subprocess.run([python, "-c", "import fastapi, uvicorn"], capture_output=True,
                           check=False)
    if there.returncode != 0:
        raise Missing("fastapi is not there: install python3-fastapi")
    folder = make_folder()
    shutil.copy(HERE / "fastapi" / "main.py", folder.name)
    port = free_port()
    return Running([python, uvicorn, "main:app", "--port", str(port)], port, folder)


def go():
    compiler = find("go", "golang-go")
    folder = make_folder()
    shutil.copy(HERE / "go" / "main.go", folder.name)
    try:
        install([compiler, "build", "-o", "app", "main.go"], folder, "go build",
                {"GOCACHE": f"{folder.name}/gocache", "GOPATH": f"{folder.name}/gopath",
                 "GOFLAGS": "-p=2", "GO111MODULE": "off"})
    except Missing:
        folder.cleanup()
        raise
    return Running([f"{folder.name}/app"], free_port(), folder)


def canary(program):
    port = free_port()
    return Running([program, "serve", "--canary", "--listen", f"127.0.0.1:{port}"], port,
                   make_folder())


# Proxies.

NGINX_MAIN = """
daemon off;
worker_processes 1;
pid {d}/nginx.pid;
error_log {d}/error.log;
events {{}}
http {{
	access_log off;
	client_body_temp_path {d}/body;
	proxy_temp_path {d}/proxy;
	fastcgi_temp_path {d}/fastcgi;
	uwsgi_temp_path {d}/uwsgi;
	scgi_temp_path {d}/scgi;
	include {site};
}}
"""


def nginx(setup):
    def start(origin):
        program = find("nginx", "nginx-light")
        folder = make_folder()
        port = free_port()
        site = fill(f"nginx/{setup}.conf", folder, port, origin.port)
        main = pathlib.Path(folder.name) / "nginx.conf"
        main.write_text(NGINX_MAIN.format(d=folder.name, site=site), encoding="utf-8")
        return Running([program, "-c", str(main), "-e", f"{folder.name}/error.log"], port, folder)

    return start


def haproxy(origin):
    program = find("haproxy", "haproxy")
    folder = make_folder()
    port = free_port()
    return Running([program, "-db", "-f", str(fill("haproxy.cfg", folder, port, origin.port))],
                   port, folder)


def caddy(origin):
    program = find("caddy", "caddy")
    folder = make_folder()
    port = free_port()
    conf = fill("Caddyfile", folder, port, origin.port)
    return Running([program, "run", "--config", str(conf), "--adapter", "caddyfile"], port, folder,
                   {"XDG_DATA_HOME": folder.name, "XDG_CONFIG_HOME": folder.name,
                    "HOME": folder.name})


def apache(origin):
    program = find("apache2", "apache2")
    if not pathlib.Path(APACHE_MODULES, "mod_proxy_http.so").exists():
        raise Missing("mod_proxy_http is not there: install apache2")
    me = pwd.getpwuid(os.getuid())
    who = ("www-data", "www-data") if me.pw_uid == 0 else (me.pw_name,
                                                            grp.getgrgid(me.pw_gid).gr_name)
    folder = make_folder()
    port = free_port()
    conf = fill("apache.conf", folder, port, origin.port, MODULES=APACHE_MODULES, USER=who[0],
                GROUP=who[1])
    return Running([program, "-DFOREGROUND", "-f", str(conf)], port, folder)


def varnish(origin):
    """Without a line of VCL: what its package does when it is told where the program is."""
    program = find("varnishd", "varnish")
    find("gcc", "gcc")  # it compiles its configuration
    folder = make_folder()
    port = free_port()
    return Running([program, "-F", "-j", "none", "-n", f"{folder.name}/varnish",
                    "-a", f"127.0.0.1:{port}", "-b", f"127.0.0.1:{origin.port}",
                    "-s", "malloc,16m"], port, folder)
