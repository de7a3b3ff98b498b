# SPDX-License-Identifier: Apache-2.0
"""A fake KMS on loopback, and a proxy in front of the simulated one. Both let a test determine the responses to
selected calls.

`trouble(call)` returns None for the usual response, (HTTP status, error code), or (HTTP status, content type, body). If
it raises OSError, the connection is closed without a response.
"""

import http.client
import json
import threading
import time
import urllib.parse
from collections import defaultdict

from credential_fakes import ACCOUNT, Server

JSON = "application/x-amz-json-1.1"
PRIMARY = "us-east-1"


def key_name(number):
    return f"mrk-{number:032x}"


class Call:
    """A request: its operation, members, key ID (or None), and the Region and access key ID it was signed with."""

    def __init__(self, headers, body):
        self.operation = headers["X-Amz-Target"].rpartition(".")[2]
        self.request = json.loads(body)
        key = self.request.get("KeyId")
        self.key = key and key.rpartition("/")[2]
        self.account = key.split(":")[4] if key and ":" in key else ACCOUNT
        credential = headers["Authorization"].split("Credential=")[1].split(",")[0].split("/")
        self.caller, self.region = credential[0], credential[2]


def response_of(trouble, call):
    if len(trouble) == 3:
        return trouble
    status, code = trouble
    return status, JSON, json.dumps({"__type": code, "message": f"{code} for {call.key}"})


class FakeKms(Server):
    """Treats every key as a primary in us-east-1, and creates every replica immediately."""

    def __init__(self, trouble=lambda call: None):
        super().__init__(self.answer)
        self.trouble = trouble
        self.calls = []
        self.replicas = defaultdict(dict)  # key -> Region -> time of creation
        self.lock = threading.Lock()

    def answer(self, _method, _path, headers, body):
        call = Call(headers, body)
        with self.lock:
            self.calls.append(call)
        trouble = self.trouble(call)
        if trouble is not None:
            return response_of(trouble, call)
        if call.operation == "ReplicateKey":
            region = call.request["ReplicaRegion"]
            self.replicas[call.key].setdefault(region, time.time())
            return 200, JSON, json.dumps({"ReplicaKeyMetadata": self.metadata(call, region)})
        if call.operation != "DescribeKey":
            return response_of((400, "UnsupportedOperationException"), call)
        if call.region != PRIMARY and call.region not in self.replicas[call.key]:
            return response_of((400, "NotFoundException"), call)
        return 200, JSON, json.dumps({"KeyMetadata": self.metadata(call, call.region)})

    def metadata(self, call, region):
        def key_in(name):
            return {"Arn": f"arn:aws:kms:{name}:{call.account}:key/{call.key}", "Region": name}
        replicas = self.replicas[call.key]
        return {"AWSAccountId": call.account, "KeyId": call.key, "Arn": key_in(region)["Arn"], "Enabled": True,
                "CreationDate": replicas.get(region, 1.7e9), "KeyState": "Enabled", "KeyUsage": "ENCRYPT_DECRYPT",
                "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "Description": "",
                "MultiRegion": True, "MultiRegionConfiguration": {
                    "MultiRegionKeyType": "PRIMARY" if region == PRIMARY else "REPLICA",
                    "PrimaryKey": key_in(PRIMARY), "ReplicaKeys": [key_in(name) for name in replicas]}}


class KmsProxy(Server):
    """Forwards calls to the simulator at `endpoint`. `change(call, body)` returns the body to send instead of the
    simulator's."""

    def __init__(self, endpoint, trouble=lambda call: None, change=lambda call, body: body):
        super().__init__(self.answer)
        self.endpoint = urllib.parse.urlsplit(endpoint)
        self.trouble, self.change = trouble, change

    def answer(self, method, path, headers, body):
        call = Call(headers, body)
        trouble = self.trouble(call)
        if trouble is not None:
            return response_of(trouble, call)
        connection = http.client.HTTPConnection(self.endpoint.hostname, self.endpoint.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():  # the signature covers them
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), self.change(call, answer.read())
        finally:
            connection.close()
