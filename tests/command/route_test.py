#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the configuration of endpoints, proxies and certificates with environment variables and profiles.

    route_test.py KEYFERRY
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))

from isolated_environment import isolated_environment  # noqa: E402

KEYFERRY = ""
WAIT_S_MAX = 60
PASSWORD = "hunter2-of-the-proxy"
FLEET = """\
[fleet]
name = "routed"
account = "111122223333"
primary = "us-east-1"

[[group]]
name = "all"
keys = ["mrk-00000000000000000000000000000001"]
replicate_to = ["eu-west-1"]
policy = "default"

[wait]
poll_delay_min = "100ms"
poll_delay_max = "200ms"
"""


class Proxy:
    """A CONNECT proxy that records its requests."""

    def __init__(self):
        self.heads = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(4096)
            if not data:
                return
            head += data
        self.heads.append(head.decode())
        host, port = head.decode().split()[1].rsplit(":", 1)
        with client, socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join()

    @staticmethod
    def _pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side has closed the connection, so the tunnel ends


class RouteTest(unittest.TestCase):
    def setUp(self):
        self.home = Path(tempfile.mkdtemp(prefix="keyferry-route-"))
        self.addCleanup(shutil.rmtree, self.home)
        (self.home / "fleet.toml").write_text(FLEET)
        self.environment = isolated_environment(self.home)

    def keyferry(self, *arguments, exit_code=0, **environment):
        done = subprocess.run([KEYFERRY, *map(str, arguments)], env=self.environment | environment,
                              capture_output=True, text=True, timeout=WAIT_S_MAX, cwd=self.home)
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        return done

    def simulate(self, *arguments):
        """Starts a simulator with the fleet's keys and returns its URL."""
        process = subprocess.Popen([KEYFERRY, "simulate", "--fleet", "fleet.toml", "--creating", "0s", *map(str, arguments)],
                                   env=self.environment, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, cwd=self.home)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return json.loads(process.stdout.readline())["endpoint"]

    def configure(self, text):
        (self.home / ".aws").mkdir(exist_ok=True)
        (self.home / ".aws/config").write_text(text)

    def test_run_uses_the_proxy_and_hides_its_password(self):
        url = self.simulate("--https", "--certificate-out", "ca.pem")
        proxy = Proxy()
        self.addCleanup(proxy.close)
        done = self.keyferry("run", "fleet.toml", "--endpoint-url", url, AWS_CA_BUNDLE="ca.pem",
                             HTTPS_PROXY=f"http://me:{PASSWORD}@{proxy.address}")
        self.assertIn(f"through the proxy {proxy.address}", done.stderr)
        self.assertIn("Proxy-Authorization: Basic ", proxy.heads[0])
        journal = (self.home / "fleet.journal").read_text()
        self.assertNotIn(PASSWORD, done.stdout + done.stderr + journal)

    def test_no_proxy_and_lower_case_variables_are_honored(self):
        url = self.simulate("--https", "--certificate-out", "ca.pem")
        proxy = Proxy()
        self.addCleanup(proxy.close)
        nowhere = "127.0.0.1:1"
        self.keyferry("plan", "fleet.toml", "--endpoint-url", url, AWS_CA_BUNDLE="ca.pem",
                      HTTPS_PROXY=nowhere, https_proxy=proxy.address)
        self.assertGreater(len(proxy.heads), 0)
        self.keyferry("plan", "fleet.toml", "--endpoint-url", url, AWS_CA_BUNDLE="ca.pem",
                      HTTPS_PROXY=nowhere, NO_PROXY="example.com,127.0.0.1")

    def test_plain_http_to_loopback_does_not_use_a_remote_proxy(self):
        url = self.simulate()
        self.keyferry("plan", "fleet.toml", "--endpoint-url", url, HTTP_PROXY="proxy.invalid:3128")

    def test_a_profile_configures_endpoint_and_certificates(self):
        url = self.simulate("--https", "--certificate-out", "ca.pem")
        self.configure(f"[profile dr]\nservices = here\nca_bundle = ~/ca.pem\n"
                       f"[services here]\nkms =\n  endpoint_url = {url}\n")
        self.keyferry("run", "fleet.toml", AWS_PROFILE="dr")

    def test_configuration_errors_name_their_location_before_sending(self):
        def expect_error(text, **environment):
            done = self.keyferry("run", "fleet.toml", exit_code=3, **environment)
            self.assertIn(text, done.stderr)
            self.assertFalse((self.home / "fleet.journal").exists())

        expect_error("AWS_USE_DUALSTACK_ENDPOINT requests dual-stack endpoints, but AWS_ENDPOINT_URL sets",
                     AWS_USE_DUALSTACK_ENDPOINT="true", AWS_ENDPOINT_URL="https://127.0.0.1:1")
        expect_error("HTTPS_PROXY: 'proxy:none' is not a valid proxy", HTTPS_PROXY=f"me:{PASSWORD}@proxy:none")
        self.configure("[default]\nregion = us-east-1\nservices = gone\n")
        expect_error(".aws/config:3: section '[services gone]' does not exist")


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
