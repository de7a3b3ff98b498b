# SPDX-License-Identifier: Apache-2.0
"""Fakes of AWS's credential sources on loopback (STS, the container credentials endpoint, the EC2 metadata service and
the SSO portal), and a proxy in front of the simulator's KMS in which tokens expire.

All secrets that they return contain CANARY, so that tests can search for them.
"""

import hashlib
import hmac
import http.client
import http.server
import json
import threading
import urllib.parse

CANARY = "CanaryThatNobodyMaySee"
ACCOUNT = "111122223333"
SESSION_XML = """<{action}Response><{action}Result><Credentials><AccessKeyId>{id}</AccessKeyId>\
<SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>\
<Expiration>{expiration}</Expiration></Credentials></{action}Result></{action}Response>"""
FAR = "2099-01-01T00:00:00Z"


class ThreadingServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a client opens several connections to an endpoint at the same time


class Server:
    """An HTTP server on its own port. `answer(method, path, headers, body)` returns the response:
    (status, content type, text)."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                try:
                    self.answer_one()
                except (OSError, http.client.HTTPException):  # a lost response also stays lost for the client
                    self.close_connection = True

            def answer_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, text = answer(self.command, self.path, self.headers, body)
                payload = text if isinstance(text, bytes) else text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_PUT = do_POST = handle_one

            def log_message(self, *_):
                pass

        self.server = ThreadingServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Sources(Server):
    """All sources behind one port. `given` counts the credentials returned by each; `account` is the account in
    GetCallerIdentity responses, or a function of the request headers."""

    def __init__(self):
        super().__init__(self.answer)
        self.lock = threading.Lock()
        self.given = {}
        self.seen = []  # (method, path or STS action, headers, form)
        self.account = ACCOUNT
        self.refusal = None  # an STS error code for AssumeRole

    def fresh(self, source):
        with self.lock:
            number = self.given[source] = self.given.get(source, 0) + 1
        return f"ASIA{source}{number}", f"{CANARY}Secret{source}{number}", f"{CANARY}Token{source}{number}"

    def answer(self, method, path, headers, body):
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body.decode()).items()}
        self.seen.append((method, form.get("Action", path), dict(headers.items()), form))
        if method == "POST":
            return self.sts(form, headers)
        if path == "/latest/api/token":
            return 200, "text/plain", f"{CANARY}Imds"
        if path == "/latest/meta-data/iam/security-credentials/":
            return 200, "text/plain", "ferry-role"
        if path == "/latest/meta-data/iam/security-credentials/ferry-role":
            return self.agent("Imds")
        if path.startswith("/container"):
            return self.agent("Container")
        if path.startswith("/federation/credentials"):
            key, secret, token = self.fresh("Sso")
            return 200, "application/json", json.dumps({"roleCredentials": {
                "accessKeyId": key, "secretAccessKey": secret, "sessionToken": token,
                "expiration": 4070908800000}})
        return 404, "text/plain", "not here"

    def agent(self, source):
        key, secret, token = self.fresh(source)
        return 200, "application/json", json.dumps({
            "Code": "Success", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "Expiration": FAR})

    def sts(self, form, headers):
        action = form.get("Action")
        if action == "GetCallerIdentity":
            account = self.account(headers) if callable(self.account) else self.account
            return 200, "text/xml", (
                f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{account}:assumed-role/"
                f"ferry/s</Arn><UserId>U</UserId><Account>{account}</Account></GetCallerIdentityResult>"
                "</GetCallerIdentityResponse>")
        if self.refusal:
            return 403, "text/xml", (f"<ErrorResponse><Error><Code>{self.refusal}</Code><Message>not you</Message>"
                                     "</Error></ErrorResponse>")
        key, secret, token = self.fresh("Role" if action == "AssumeRole" else "Web")
        return 200, "text/xml", SESSION_XML.format(action=action, id=key, secret=secret, token=token, expiration=FAR)

    def actions(self, action):
        return [form for _, name, _, form in self.seen if name == action]


class ExpiringKms(Server):
    """A KMS whose tokens are valid for a limited number of calls each; it then returns ExpiredTokenException
    until a newer token is used. Valid calls go to the simulator at `endpoint`, signed with its example identity."""

    def __init__(self, endpoint, secret, calls_a_token):
        super().__init__(self.answer)
        self.endpoint = urllib.parse.urlsplit(endpoint)
        self.secret = secret
        self.calls_a_token = calls_a_token
        self.lock = threading.Lock()
        self.token = None
        self.left = 0
        self.expired = 0  # tokens that have been rejected

    def answer(self, _method, path, headers, body):
        token = headers.get("X-Amz-Security-Token", "")
        with self.lock:
            good = self.is_good(token)
        if not good:
            return 400, "application/x-amz-json-1.1", '{"__type":"ExpiredTokenException","message":"expired"}'
        return self.passed_on(path, headers, body)

    def is_good(self, token):
        if token == self.token:
            self.left -= 1
            if self.left == -1:
                self.expired += 1
            return self.left >= 0
        is_newer = self.number_of(token) > self.number_of(self.token)
        if is_newer:
            self.token, self.left = token, self.calls_a_token - 1
        return is_newer

    @staticmethod
    def number_of(token):
        return int(token.rsplit("Container", 1)[1]) if token else 0

    def passed_on(self, path, headers, body):
        scope = headers["Authorization"].split("Credential=")[1].split(",")[0].split("/")[1:]
        date = headers["X-Amz-Date"]
        signed = {"content-type": headers["Content-Type"], "host": self.endpoint.netloc, "x-amz-date": date,
                  "x-amz-target": headers["X-Amz-Target"]}
        names = ";".join(sorted(signed))
        canonical = "\n".join(["POST", path, "", *(f"{name}:{signed[name]}" for name in sorted(signed)), "", names,
                               hashlib.sha256(body).hexdigest()])
        key = ("AWS4" + self.secret).encode()
        for part in scope:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        to_sign = "\n".join(["AWS4-HMAC-SHA256", date, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        signed["authorization"] = (f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{'/'.join(scope)}, "
                                   f"SignedHeaders={names}, Signature={signature}")
        connection = http.client.HTTPConnection(self.endpoint.hostname, self.endpoint.port, timeout=60)
        try:
            connection.request("POST", path, body, signed)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read()
        finally:
            connection.close()
