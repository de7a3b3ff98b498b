// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/web_identity_token.hpp"

#include "tools/simulator/values/base64.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace keyferry::simulator {

namespace {

/// Returns the expiration time (RFC 7519, "exp") of a JSON Web Token, in seconds since the Unix
/// epoch; nullopt if the text is not such a token or does not expire.
std::optional<std::int64_t> token_expiry_s(std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t second = token.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    std::string payload(token.substr(first + 1, second - first - 1));
    std::replace(payload.begin(), payload.end(), '-', '+');
    std::replace(payload.begin(), payload.end(), '_', '/');
    constexpr std::size_t kGroup = 4;
    payload.append((kGroup - payload.size() % kGroup) % kGroup, '=');
    const auto text = from_base64(payload);
    boost::json::error_code error;
    const boost::json::value claims = boost::json::parse(text.value_or(""), error);
    const boost::json::value* expiry =
        !error && claims.is_object() ? claims.get_object().if_contains("exp") : nullptr;
    return expiry != nullptr && expiry->is_int64() ? std::optional(expiry->get_int64())
                                                   : std::nullopt;
}

}  // namespace

std::optional<KmsRefusal> check_token_expiry(std::string_view token, io::WallTime now) {
    const std::int64_t now_s =
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    const auto expiry_s = token_expiry_s(token);
    if (!expiry_s || now_s < *expiry_s) {
        return std::nullopt;
    }
    // The message is recorded from AWS (aws/aws-sdk-java-v2#5709).
    return KmsRefusal(io::KmsErrorCode::other,
                      "ExpiredTokenException",
                      fmt::format("Token expired: current date/time {} must be before the "
                                  "expiration date/time {}",
                                  now_s,
                                  *expiry_s));
}

}  // namespace keyferry::simulator
