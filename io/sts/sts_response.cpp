// SPDX-License-Identifier: Apache-2.0
#include "io/sts/sts_response.hpp"

#include "io/aws/timestamps.hpp"
#include "io/names/first_line.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>
#include <array>

namespace keyferry::io {

namespace {

constexpr int kServerErrorMin = 500;
constexpr std::size_t kArnBytesMax = 2048;
constexpr std::size_t kCodeBytesMax = 128;

// These errors are retryable although their status is 400. (IDPCommunicationError means that STS
// could not reach the identity provider; the AWS SDKs also retry it.)
constexpr std::array<std::string_view, 8> kRetryableCodes{"Throttling",
                                                          "ThrottlingException",
                                                          "ThrottledException",
                                                          "RequestThrottled",
                                                          "TooManyRequestsException",
                                                          "RequestTimeout",
                                                          "RequestTimeoutException",
                                                          "IDPCommunicationError"};

/// Returns false if `xml` is not an XML document.
bool load(pugi::xml_document& document, std::string_view xml) {
    return static_cast<bool>(
        document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8));
}

StsFailure unusable(std::string_view what) {
    // The response is probably from an intermediary and not from AWS, so a retry may succeed.
    return StsFailure(true, "", fmt::format("the STS response is invalid: {}", what));
}

/// Returns the result element; its name and its parent's name start with the action's name.
pugi::xml_node result_of(const pugi::xml_document& document) {
    return document.document_element().first_child();
}

}  // namespace

StsOutcome<Credentials> read_session_credentials(std::string_view xml, std::string source) {
    pugi::xml_document document;
    if (!load(document, xml)) {
        return unusable("it is not XML");
    }
    const pugi::xml_node node = result_of(document).child("Credentials");
    Parsed<Credentials> credentials = make_credentials(node.child_value("AccessKeyId"),
                                                       node.child_value("SecretAccessKey"),
                                                       node.child_value("SessionToken"),
                                                       std::move(source));
    if (!credentials) {
        return unusable(credentials.error().text);
    }
    const Parsed<std::chrono::sys_seconds> expires_at =
        parse_iso_8601(node.child_value("Expiration"));
    if (!expires_at) {
        return unusable("Expiration: " + expires_at.error().text);
    }
    credentials->expires_at = *expires_at;
    return std::move(*credentials);
}

StsOutcome<CallerIdentity> read_caller_identity(std::string_view xml) {
    pugi::xml_document document;
    if (!load(document, xml)) {
        return unusable("it is not XML");
    }
    const pugi::xml_node node = result_of(document);
    Parsed<AccountId> account = AccountId::parse(node.child_value("Account"));
    if (!account) {
        return unusable("Account: " + account.error().text);
    }
    return CallerIdentity(*std::move(account), first_line(node.child_value("Arn"), kArnBytesMax));
}

StsFailure read_sts_failure(int status, std::string_view xml, std::string_view doing) {
    pugi::xml_document document;
    std::string code;
    std::string message;
    if (load(document, xml)) {
        const pugi::xml_node error = document.document_element().child("Error");
        code = first_line(error.child_value("Code"), kCodeBytesMax);
        // After the first line, STS may repeat the request that it expected to be signed, including
        // the session token.
        message = first_line(error.child_value("Message"), kStsMessageBytesMax);
    }
    const bool retryable =
        status >= kServerErrorMin ||
        std::find(kRetryableCodes.begin(), kRetryableCodes.end(), code) != kRetryableCodes.end();
    std::string text =
        code.empty()
            ? fmt::format("{}: STS returned HTTP status {} without an error code", doing, status)
            : fmt::format(
                  "{}: STS returned {}{}{}", doing, code, message.empty() ? "" : ": ", message);
    return StsFailure(retryable, std::move(code), std::move(text));
}

}  // namespace keyferry::io
