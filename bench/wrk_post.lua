-- SPDX-License-Identifier: Apache-2.0
-- Used by bench/end_to_end.py: a POST request as long as a keyferry request, so that wrk measures only
-- the cost of the transport.
wrk.method = "POST"
wrk.body = '{"KeyId":"mrk-1234567890abcdef1234567890abcdef","ReplicaRegion":"eu-west-1"}'
wrk.headers["Content-Type"] = "application/x-amz-json-1.1"
wrk.headers["X-Amz-Target"] = "TrentService.ReplicateKey"
wrk.headers["X-Amz-Date"] = "20261123T120000Z"
wrk.headers["X-Amz-Security-Token"] = string.rep("t", 703)
wrk.headers["User-Agent"] = "keyferry/bench"
wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/kms/"
  .. "aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
  .. "Signature=" .. string.rep("0", 64)
