# SPDX-License-Identifier: Apache-2.0
"""Runs `keyferry simulate` for a test, and provides the environment for its clients."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # from the signing examples in AWS's documentation


class RunningSimulator:
    """Starts `keyferry simulate` with these options and a temporary home folder."""

    def __init__(self, keyferry, *options, https=False):
        self.home = Path(tempfile.mkdtemp(prefix="keyferry-clients-"))
        command = [keyferry, "simulate", "--quota-scale", "0", *options]
        if https:
            command += ["--https", "--certificate-out", str(self.home / "authority.pem")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.endpoint = self.ready["endpoint"]
        self.certificate = self.ready.get("certificate")

    def end(self):
        """Stops the simulator. Returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        shutil.rmtree(self.home)
        return code

    def environment(self):
        """Environment variables for a client, without the AWS configuration of this machine."""
        found = {"PATH": os.environ["PATH"], "HOME": str(self.home), "AWS_CONFIG_FILE": "/dev/null",
                 "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
                 "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET,
                 "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": ""}
        if self.certificate:
            found["AWS_CA_BUNDLE"] = found["NODE_EXTRA_CA_CERTS"] = self.certificate
        return found


def wrapped(public_key_der, material, home):
    """Wraps key material with RSAES_OAEP_SHA_256, using the openssl command."""
    key, plain, out = home / "wrapping.der", home / "material", home / "wrapped"
    key.write_bytes(public_key_der)
    plain.write_bytes(material)
    subprocess.run(["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", str(key),
                    "-in", str(plain), "-out", str(out), "-pkeyopt", "rsa_padding_mode:oaep",
                    "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"], check=True)
    return out.read_bytes()
