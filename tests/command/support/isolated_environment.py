# SPDX-License-Identifier: Apache-2.0
"""The environment of the keyferry processes that tests start."""

import os

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # from AWS's documented signing examples
KEPT = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")


def isolated_environment(home):
    """Returns example credentials and the home folder `home`. From the caller's environment, keeps only PATH and the
    options of sanitizers."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",  # no test connects to AWS
    }
