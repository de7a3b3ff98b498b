# SPDX-License-Identifier: Apache-2.0
"""Requests to KMS, signed with the example credentials of isolated_environment."""

import hashlib
import hmac
import urllib.request
from datetime import datetime, timezone

from isolated_environment import SECRET


def signed(endpoint, region, operation, body, time=None, access_key_id="AKIDEXAMPLE", secret=SECRET):
    """Returns a request to KMS, signed as documented by AWS (Signature Version 4), at `time` (default: now).

    By default, access keys have the secret of the example credentials.
    """
    host = endpoint.split("//")[1]
    now = (time or datetime.now(timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": "application/x-amz-json-1.1", "host": host, "x-amz-date": now,
               "x-amz-target": f"TrentService.{operation}"}
    names = ";".join(headers)
    canonical = "\n".join(["POST", "/", "", *(f"{name}:{value}" for name, value in headers.items()), "", names,
                           hashlib.sha256(body).hexdigest()])
    scope = f"{now[:8]}/{region}/kms/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={access_key_id}/{scope}, SignedHeaders={names}, "
                                f"Signature={signature}")
    return urllib.request.Request(endpoint + "/", data=body, headers=headers, method="POST")
