// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/call_failures.hpp"

#include "io/kms_http/http_date.hpp"
#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace keyferry::io {
namespace {

constexpr int kServerErrorMin = 500;

/// "com.amazon.coral.service#Name:http://..." -> "Name", as the SDKs do.
std::string_view bare_code(std::string_view code) {
    code = code.substr(0, code.find(','));
    code = code.substr(0, code.find(':'));
    const std::size_t hash = code.rfind('#');
    return hash == std::string_view::npos ? code : code.substr(hash + 1);
}

std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response) {
    const std::string_view text = response.header(ResponseHeader::retry_after);
    std::uint32_t delay_ms = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), delay_ms);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(delay_ms);
}

/// Whether the code means that KMS did not execute the request.
bool is_refusal(KmsErrorCode code, std::string_view wire_code) {
    switch (code) {
        case KmsErrorCode::dependency_timeout:
        case KmsErrorCode::internal_failure:
        case KmsErrorCode::key_unavailable:
        case KmsErrorCode::kms_internal:
        case KmsErrorCode::request_timeout:
        case KmsErrorCode::server_error:
        case KmsErrorCode::service_unavailable:
            return false;
        case KmsErrorCode::other:
            return !wire_code.empty();
        default:
            return true;
    }
}

void add_response_details(const HttpResponse& response, CallFailure& failure) {
    failure.http_status = response.status();
    failure.request_id = printable(response.header(ResponseHeader::request_id), kWireCodeBytesMax);
    failure.retry_after = retry_after(response);
    failure.date = read_http_date(response.header(ResponseHeader::date));
}

char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
}

/// Whether KMS does not accept the caller's credentials at all, in any Region.
bool refuses_credentials(KmsErrorCode code, const Region& region) {
    switch (code) {
        case KmsErrorCode::expired_token:
        case KmsErrorCode::missing_authentication_token:
            return true;
        case KmsErrorCode::invalid_client_token:
            // In a Region that the account has not enabled, KMS does not recognize any of the
            // account's credentials.
            return !is_opt_in_region(region);
        default:
            return false;
    }
}

/// Returns KMS's message without the canonical request that KMS expected to be signed. It is left
/// out because it may contain the session token.
std::string_view without_expected_request(std::string_view message) {
    constexpr std::array<std::string_view, 2> kBeginnings{"the canonical string",
                                                          "x-amz-security-token"};
    for (const std::string_view beginning : kBeginnings) {
        const auto at = std::search(
            message.begin(), message.end(), beginning.begin(), beginning.end(), [](char a, char b) {
                return lower(a) == b;
            });
        message = message.substr(0, static_cast<std::size_t>(at - message.begin()));
    }
    return message;
}

/// Returns the first words of a body that is not from KMS, on one line, without HTML tags.
std::string first_words(std::string_view body) {
    std::string words;
    bool in_tag = false;
    for (const char character : body) {
        if (words.size() > kQuotedBytesMax) {
            break;
        }
        if (character == '<' || character == '>') {
            in_tag = character == '<';
        }
        const bool is_space =
            in_tag || character == '>' || static_cast<unsigned char>(character) <= ' ';
        if (!is_space) {
            words += character;
        } else if (!words.empty() && words.back() != ' ') {
            words += ' ';
        }
    }
    const std::string_view shown = without_expected_request(words);
    return std::string(shown.substr(0, shown.find_last_not_of(' ') + 1));
}

/// Describes a response without an error code. KMS's own error responses always have one.
std::string foreign_response_text(const HttpResponse& response) {
    std::string text = fmt::format("HTTP status {} without an error code", response.status());
    if (const std::string words = first_words(response.body()); !words.empty()) {
        text += fmt::format(": {}", in_quotes(words));
    }
    if (response.status() >= kServerErrorMin) {
        text += "; the service, or a proxy in front of it, has failed";
    }
    return text;
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
    constexpr std::string_view kCut = "...";
    const bool cut = text.size() > bytes_max;
    std::string result(cut ? text.substr(0, bytes_max - kCut.size()) : text);
    for (char& character : result) {
        if (character < ' ' || character > '~') {
            const bool white = character == '\n' || character == '\r' || character == '\t';
            character = white ? ' ' : '?';
        }
    }
    while (!result.empty() && result.back() == ' ') {
        result.pop_back();
    }
    return cut ? result.append(kCut) : result;
}

CallFailure failure_without_response(const HttpFailure& failure) {
    CallFailure result(
        failure.sent ? Certainty::unknown : Certainty::not_sent,
        failure.timed_out ? KmsErrorCode::request_timeout : KmsErrorCode::service_unavailable,
        printable(failure.message, kFailureMessageBytesMax));
    if (failure.host_is_unknown) {
        result.cause = FailureCause::unknown_host;
    } else if (failure.certificate_is_untrusted) {
        result.cause = FailureCause::untrusted_certificate;
    }
    return result;
}

CallFailure failure_of_response(const HttpResponse& response,
                                const KmsErrorDocument& document,
                                const Region& region) {
    const int status = response.status();
    const std::string_view written =
        document.code.empty() ? response.header(ResponseHeader::error_type) : document.code;
    const std::string wire_code = printable(bare_code(written), kWireCodeBytesMax);
    const KmsErrorCode code = kms_error_code(wire_code, status);
    const bool refused = status < kServerErrorMin && is_refusal(code, wire_code);

    std::string message =
        printable(without_expected_request(document.message), kFailureMessageBytesMax);
    if (message.empty()) {
        message = wire_code.empty()
                      ? printable(foreign_response_text(response), kFailureMessageBytesMax)
                      : fmt::format("HTTP status {} without a message", status);
    }
    CallFailure failure(
        refused ? Certainty::refused : Certainty::unknown, code, std::move(message));
    failure.wire_code = wire_code;
    if (refused && refuses_credentials(code, region)) {
        failure.cause = FailureCause::credentials;
    }
    add_response_details(response, failure);
    return failure;
}

CallFailure failure_of_body(const HttpResponse& response, std::string_view problem) {
    CallFailure failure(Certainty::unknown,
                        KmsErrorCode::service_unavailable,
                        printable(fmt::format("HTTP status {}, but the response is invalid: {}",
                                              response.status(),
                                              problem),
                                  kFailureMessageBytesMax));
    add_response_details(response, failure);
    return failure;
}

}  // namespace keyferry::io
