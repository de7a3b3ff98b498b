// SPDX-License-Identifier: Apache-2.0
#include "io/aws/authorization.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/trimmed.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <optional>

namespace keyferry::io {

namespace {

constexpr std::size_t kSignatureDigits = 64;

/// Removes and returns the part before the next `separator`.
std::string_view next_part(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return part;
}

/// The three parameters after the algorithm, in any order.
struct Parameters {
    std::optional<std::string_view> credential;
    std::optional<std::string_view> signed_headers;
    std::optional<std::string_view> signature;
};

Parsed<Parameters> read_parameters(std::string_view text) {
    Parameters parameters;
    while (!text.empty()) {
        std::string_view value = trimmed(next_part(text, ','));
        const std::string_view name = next_part(value, '=');
        std::optional<std::string_view>* into = name == "Credential" ? &parameters.credential
                                                : name == "SignedHeaders"
                                                    ? &parameters.signed_headers
                                                : name == "Signature" ? &parameters.signature
                                                                      : nullptr;
        if (into == nullptr) {
            return ParseProblem{fmt::format("the Authorization header has an unknown parameter {}",
                                            in_quotes(name))};
        }
        if (into->has_value()) {
            return ParseProblem{fmt::format("the Authorization header repeats {}", name)};
        }
        *into = value;
    }
    const std::array required{std::pair{"Credential", &parameters.credential},
                              std::pair{"SignedHeaders", &parameters.signed_headers},
                              std::pair{"Signature", &parameters.signature}};
    for (const auto& [name, value] : required) {
        if (!value->has_value()) {
            return ParseProblem{fmt::format("Authorization header requires '{}' parameter", name)};
        }
    }
    return parameters;
}

/// ACCESS_KEY_ID/DAY/REGION/SERVICE/aws4_request
std::optional<ParseProblem> read_credential(std::string_view text, Authorization& into) {
    constexpr std::size_t kElements = 5;
    if (std::count(text.begin(), text.end(), '/') + 1 != kElements) {
        return ParseProblem{
            fmt::format("Credential must have exactly 5 slash-delimited elements, "
                        "e.g. keyid/date/region/service/term, got {}",
                        in_quotes(text))};
    }
    into.access_key_id = next_part(text, '/');
    into.scope.day = next_part(text, '/');
    into.scope.region = next_part(text, '/');
    into.scope.service = next_part(text, '/');
    if (text != "aws4_request") {
        return ParseProblem{fmt::format(
            "Credential should be scoped with a valid terminator: 'aws4_request', not {}",
            in_quotes(text))};
    }
    if (into.access_key_id.empty() || into.scope.day.empty() || into.scope.region.empty() ||
        into.scope.service.empty()) {
        return ParseProblem{"an element of Credential in the Authorization header is empty"};
    }
    return std::nullopt;
}

bool is_header_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

std::optional<ParseProblem> read_signed_headers(std::string_view text, Authorization& into) {
    while (!text.empty()) {
        const std::string_view name = next_part(text, ';');
        if (!is_header_name(name)) {
            return ParseProblem{fmt::format(
                "SignedHeaders has {}, which is not a lower-case header name", in_quotes(name))};
        }
        if (!into.signed_headers.empty() && into.signed_headers.back() >= name) {
            return ParseProblem{"SignedHeaders must be sorted and name each header once"};
        }
        if (into.signed_headers.size() == kSignedHeadersMax) {
            return ParseProblem{
                fmt::format("SignedHeaders names more than {} headers", kSignedHeadersMax)};
        }
        into.signed_headers.emplace_back(name);
    }
    if (!std::binary_search(into.signed_headers.begin(), into.signed_headers.end(), "host")) {
        return ParseProblem{
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization"};
    }
    return std::nullopt;
}

bool is_signature(std::string_view text) {
    return text.size() == kSignatureDigits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool same_name(std::string_view lower_case, std::string_view any_case) {
    return lower_case.size() == any_case.size() &&
           std::equal(lower_case.begin(), lower_case.end(), any_case.begin(), [](char a, char b) {
               return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
}

}  // namespace

Parsed<Authorization> parse_authorization(std::string_view header) {
    if (header.size() > kAuthorizationBytesMax) {
        return ParseProblem{fmt::format("the Authorization header has {} bytes; the maximum is {}",
                                        header.size(),
                                        kAuthorizationBytesMax)};
    }
    std::string_view rest = trimmed(header);
    const std::string_view algorithm = next_part(rest, ' ');
    if (algorithm != kSigningAlgorithm) {
        return ParseProblem{fmt::format("the Authorization header begins with {}, expected {}",
                                        in_quotes(algorithm),
                                        kSigningAlgorithm)};
    }
    const Parsed<Parameters> parameters = read_parameters(rest);
    if (!parameters) {
        return parameters.error();
    }
    Authorization result;
    if (std::optional<ParseProblem> problem = read_credential(*parameters->credential, result)) {
        return *problem;
    }
    if (std::optional<ParseProblem> problem =
            read_signed_headers(*parameters->signed_headers, result)) {
        return *problem;
    }
    if (!is_signature(*parameters->signature)) {
        return ParseProblem{
            "Signature in the Authorization header must be 64 lower-case "
            "hexadecimal digits"};
    }
    result.signature = *parameters->signature;
    return result;
}

SignatureCheck check_signature(const SignableRequest& received,
                               const Authorization& authorization,
                               std::string_view amz_date,
                               const Secret& key,
                               PathForm form) {
    SignableRequest covered = received;
    covered.headers.clear();
    for (const std::string& name : authorization.signed_headers) {
        const std::size_t before = covered.headers.size();
        for (const SignableHeader& header : received.headers) {
            if (same_name(name, header.name)) {
                covered.headers.push_back(header);
            }
        }
        if (covered.headers.size() == before) {
            return SignatureCheck::header_missing;
        }
    }
    const std::string expected = signature(
        key, string_to_sign(canonical_request(covered, form), amz_date, authorization.scope));
    return equal_in_constant_time(expected, authorization.signature) ? SignatureCheck::matches
                                                                     : SignatureCheck::differs;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace keyferry::io
