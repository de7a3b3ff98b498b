// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/sso_token.hpp"

#include "tools/simulator/server/expiring_token.hpp"
#include "tools/simulator/server/plain_response.hpp"
#include "tools/simulator/values/json_object.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kAccessToken = "simulated-access-token-";
constexpr std::chrono::seconds kTokenLife{3600};

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

HandlerResponse SsoTokens::renew(const io::SignableRequest& request, const SimulatedTime& time) {
    if (kms_.quotas().scale() > 0) {
        if (requests_.count(time.now) >= kRequestsPerSecondMax) {
            return failure("SlowDownException", "slow_down", "Slow down");
        }
        requests_.add(time.now, 1);
    }
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
                std::string_view(expiring_token(kAccessToken, time.wall + kTokenLife)));
    object.text("tokenType", std::string_view("Bearer"));
    object.whole("expiresIn", kTokenLife.count());
    object.text("refreshToken", kSsoRefreshToken);
    object.close();
    return plain_response(kHttpOk, kJson, std::move(response));
}

bool SsoTokens::is_valid(std::string_view token, io::WallTime now) {
    return token.starts_with(kAccessToken) ? is_valid_token(token, kAccessToken, now)
                                           : callers_.is_valid_token(token, now);
}

}  // namespace keyferry::simulator
