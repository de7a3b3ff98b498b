// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/sso_token.hpp"

#include "tools/simulator/server/plain_response.hpp"
#include "tools/simulator/values/json_object.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kAccessToken = "simulated-access-token-";
constexpr std::chrono::seconds kTokenLife{3600};

std::int64_t seconds_of(io::WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

/// `code` is the name of the exception in AWS's API model, `error` its OAuth code.
HandlerResponse failure(std::string_view code, std::string_view error, std::string_view text) {
    std::string body;
    ObjectText object(body);
    object.text("__type", code);
    object.text("error", error);
    object.text("error_description", text);
    object.close();
    return plain_response(kHttpBadRequest, kJson, std::move(body));
}

std::string_view text_of(const json::object& members, std::string_view name) {
    const json::value* value = members.if_contains(name);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view{};
}

}  // namespace

HandlerResponse renew_sso_token(const io::SignableRequest& request, io::WallTime now) {
    json::error_code error;
    const json::value body =
        json::parse(json::string_view(request.body.data(), request.body.size()), error);
    if (error || !body.is_object()) {
        return failure("InvalidRequestException", "invalid_request", "Invalid request");
    }
    const json::object& members = body.get_object();
    if (text_of(members, "clientId").empty() || text_of(members, "clientSecret").empty()) {
        return failure("InvalidRequestException", "invalid_request", "Invalid request");
    }
    if (text_of(members, "grantType") != "refresh_token") {
        return failure("UnsupportedGrantTypeException",
                       "unsupported_grant_type",
                       "The simulator only renews tokens: the grant type must be refresh_token");
    }
    if (text_of(members, "refreshToken") != kSsoRefreshToken) {
        return failure("InvalidGrantException", "invalid_grant", "Invalid refresh token provided");
    }
    std::string response;
    ObjectText object(response);
    object.text("accessToken",
                std::string_view(fmt::format("{}{}", kAccessToken, seconds_of(now + kTokenLife))));
    object.text("tokenType", std::string_view("Bearer"));
    object.whole("expiresIn", kTokenLife.count());
    object.text("refreshToken", kSsoRefreshToken);
    object.close();
    return plain_response(kHttpOk, kJson, std::move(response));
}

bool is_expired_sso_token(std::string_view token, io::WallTime now) {
    if (!token.starts_with(kAccessToken)) {
        return false;
    }
    const std::string_view digits = token.substr(kAccessToken.size());
    std::int64_t expires_at = 0;
    const auto [rest, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), expires_at);
    return error != std::errc{} || rest != digits.data() + digits.size() ||
           seconds_of(now) >= expires_at;
}

}  // namespace keyferry::simulator
