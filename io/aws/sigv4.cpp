// SPDX-License-Identifier: Apache-2.0
#include "io/aws/sigv4.hpp"

#include "io/checksum/hmac_sha256.hpp"
#include "io/checksum/sha256.hpp"
#include "io/names/lower_case.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <map>
#include <utility>

namespace keyferry::io {

namespace {

constexpr std::string_view kScopeEnd = "aws4_request";

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

std::string percent_encoded(std::string_view text, bool keep_slashes) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c) || (keep_slashes && c == '/')) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += kDigits[byte >> 4U];
            encoded += kDigits[byte & 0x0fU];
        }
    }
    return encoded;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Keeps invalid escapes unchanged.
std::string percent_decoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool has_two = text[i] == '%' && i + 2 < text.size();
        const int high = has_two ? hex_value(text[i + 1]) : -1;
        const int low = has_two ? hex_value(text[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

/// Removes empty, "." and ".." segments (RFC 3986, section 5.2.4, and repeated slashes).
std::string normalized(std::string_view path) {
    std::vector<std::string_view> kept;
    std::string_view rest = path;
    while (!rest.empty()) {
        const std::size_t slash = rest.find('/');
        const std::string_view segment = rest.substr(0, slash);
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        if (segment == "..") {
            if (!kept.empty()) {
                kept.pop_back();
            }
        } else if (!segment.empty() && segment != ".") {
            kept.push_back(segment);
        }
    }
    std::string result;
    for (const std::string_view segment : kept) {
        result += '/';
        result += segment;
    }
    if (result.empty() || path.ends_with('/')) {
        result += '/';
    }
    return result;
}

/// Returns names and values re-encoded, sorted by name and then by value.
std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view parameter = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (parameter.empty()) {
            continue;
        }
        const std::size_t equals = parameter.find('=');
        const std::string_view value =
            equals == std::string_view::npos ? "" : parameter.substr(equals + 1);
        parameters.emplace_back(
            percent_encoded(percent_decoded(parameter.substr(0, equals)), false),
            percent_encoded(percent_decoded(value), false));
    }
    std::sort(parameters.begin(), parameters.end());
    std::string result;
    for (const auto& [name, value] : parameters) {
        result += result.empty() ? "" : "&";
        result += name;
        result += '=';
        result += value;
    }
    return result;
}

/// Removes surrounding white space and collapses inner white space, including line folds, to one
/// space.
std::string canonical_value(std::string_view value) {
    std::string result;
    bool space_due = false;
    for (const char c : value) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            space_due = !result.empty();
            continue;
        }
        if (space_due) {
            result += ' ';
            space_due = false;
        }
        result += c;
    }
    return result;
}

/// Maps lower-case names to values; the values of repeated headers are joined by commas in order.
std::map<std::string, std::string> canonical_headers(const std::vector<SignableHeader>& headers) {
    std::map<std::string, std::string> result;
    for (const SignableHeader& header : headers) {
        const auto [at, is_new] = result.try_emplace(lower_case(header.name));
        at->second += is_new ? "" : ",";
        at->second += canonical_value(header.value);
    }
    return result;
}

std::string joined_names(const std::map<std::string, std::string>& headers) {
    std::string names;
    for (const auto& [name, value] : headers) {
        names += names.empty() ? "" : ";";
        names += name;
    }
    return names;
}

/// One step in deriving a signing key.
Secret mac(const Secret& key, std::string_view message) {
    Sha256Digest digest = HmacSha256(key.reveal()).of(message);
    Secret result(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
    OPENSSL_cleanse(digest.data(), digest.size());
    return result;
}

}  // namespace

std::string canonical_path(std::string_view path, PathForm form) {
    if (path.empty()) {
        return "/";
    }
    return percent_encoded(form == PathForm::normalized ? normalized(path) : std::string(path),
                           true);
}

std::string signed_header_names(const SignableRequest& request) {
    return joined_names(canonical_headers(request.headers));
}

std::string canonical_request(const SignableRequest& request, PathForm form) {
    const std::map<std::string, std::string> headers = canonical_headers(request.headers);
    std::string result = fmt::format("{}\n{}\n{}\n",
                                     request.method,
                                     canonical_path(request.path, form),
                                     canonical_query(request.query));
    for (const auto& [name, value] : headers) {
        result += name;
        result += ':';
        result += value;
        result += '\n';
    }
    result += '\n';
    result += joined_names(headers);
    result += '\n';
    result += hex(sha256(request.body));
    return result;
}

std::string CredentialScope::text() const {
    return fmt::format("{}/{}/{}/{}", day, region, service, kScopeEnd);
}

std::string string_to_sign(std::string_view canonical_request,
                           std::string_view amz_date,
                           const CredentialScope& scope) {
    return fmt::format("{}\n{}\n{}\n{}",
                       kSigningAlgorithm,
                       amz_date,
                       scope.text(),
                       hex(sha256(canonical_request)));
}

Secret signing_key(const Secret& secret_access_key, const CredentialScope& scope) {
    std::string first = "AWS4";
    first.reserve(first.size() +
                  secret_access_key.reveal().size());  // reallocation would leave a copy
    first += secret_access_key.reveal();
    const Secret day_key = mac(Secret::take(first), scope.day);
    const Secret region_key = mac(day_key, scope.region);
    const Secret service_key = mac(region_key, scope.service);
    return mac(service_key, kScopeEnd);
}

std::string signature(const Secret& signing_key, std::string_view string_to_sign) {
    return hex(HmacSha256(signing_key.reveal()).of(string_to_sign));
}

std::string authorization_header(std::string_view access_key_id,
                                 const CredentialScope& scope,
                                 std::string_view signed_headers,
                                 std::string_view signature) {
    return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}",
                       kSigningAlgorithm,
                       access_key_id,
                       scope.text(),
                       signed_headers,
                       signature);
}

}  // namespace keyferry::io
