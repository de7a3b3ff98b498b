// SPDX-License-Identifier: Apache-2.0
#pragma once

// Signed requests to the simulated KMS, built from the primitives of io/aws.

#include "io/aws/sigv4.hpp"
#include "io/aws/timestamps.hpp"
#include "io/checksum/sha256.hpp"
#include "io/clock/clock.hpp"
#include "tools/simulator/server/kms_handler.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::simulator::example {

/// The strings of one request; `request()` returns views of them.
class SignedRequest {
  public:
    SignedRequest(std::string_view operation, std::string_view body, io::WallTime when)
        : target_("TrentService." + std::string(operation)),
          body_(body),
          date_(io::amz_date(std::chrono::floor<std::chrono::seconds>(when))) {}

    std::string access_key_id = "AKIDEXAMPLE";
    std::string secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    std::string region = "us-east-1";
    std::string service = "kms";
    std::string session_token;
    std::string method = "POST";
    std::string content_type = "application/x-amz-json-1.1";

    /// A request in AWS's Query protocol, which has no target header.
    void as_form_for(std::string_view another_service) {
        service = another_service;
        content_type = "application/x-www-form-urlencoded; charset=utf-8";
        target_.clear();
    }

    /// A request to another service with the JSON 1.1 protocol.
    void call_service(std::string_view another_service, std::string_view target) {
        service = another_service;
        target_ = target;
    }

    void sign() {
        authorization_.clear();
        const io::CredentialScope scope(date_.substr(0, 8), region, service);
        io::SignableRequest covered = request();
        const std::string text = io::string_to_sign(io::canonical_request(covered), date_, scope);
        const io::Secret key = io::signing_key(io::Secret(secret), scope);
        authorization_ = io::authorization_header(
            access_key_id, scope, io::signed_header_names(covered), io::signature(key, text));
    }

    io::SignableRequest request() const {
        io::SignableRequest request;
        request.method = method;
        request.path = "/";
        request.headers = {
            {"Host", "localhost"}, {"Content-Type", content_type}, {"X-Amz-Date", date_}};
        if (!target_.empty()) {
            request.headers.push_back({"X-Amz-Target", target_});
        }
        if (!session_token.empty()) {
            request.headers.push_back({"X-Amz-Security-Token", session_token});
        }
        if (!authorization_.empty()) {
            request.headers.push_back({"Authorization", authorization_});
        }
        request.body = body_;
        return request;
    }

    /// The request as sent over the network.
    std::string http() const {
        std::string text = method + " / HTTP/1.1\r\n";
        for (const io::SignableHeader& header : request().headers) {
            text += std::string(header.name) + ": " + std::string(header.value) + "\r\n";
        }
        return text + "Content-Length: " + std::to_string(body_.size()) + "\r\n\r\n" + body_;
    }

    void replace_body(std::string_view body) { body_ = body; }
    void replace_authorization(std::string_view text) { authorization_ = text; }
    const std::string& authorization() const { return authorization_; }

  private:
    std::string target_;
    std::string body_;
    std::string date_;
    std::string authorization_;
};

inline SignedRequest signed_request(std::string_view operation,
                                    std::string_view body,
                                    io::WallTime when) {
    SignedRequest request(operation, body, when);
    request.sign();
    return request;
}

}  // namespace keyferry::simulator::example
