// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/instance_metadata_handler.hpp"

#include "tools/simulator/server/expiring_token.hpp"
#include "tools/simulator/server/plain_response.hpp"
#include "tools/simulator/values/form_text.hpp"
#include "tools/simulator/values/json_object.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr int kUnauthorized = 401;
constexpr int kTooManyRequests = 429;
constexpr std::string_view kToken = "/latest/api/token";
constexpr std::string_view kCredentials = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view kContainer = "/_keyferry/container/";
constexpr std::string_view kFederation = "/federation/credentials";
/// The beginning of an IMDS session token. It contains its expiry, so it remains valid when the
/// simulator is restarted.
constexpr std::string_view kTokenText = "simulated-imds-token-";
constexpr std::int64_t kTokenLifeMaxS = 21'600;

bool begins_with(std::string_view text, std::string_view begin) {
    return text.substr(0, begin.size()) == begin;
}

std::string date_text(io::WallTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

/// The token for a PUT request, or IMDS's error.
HandlerResponse new_token(const io::SignableRequest& request, io::WallTime now) {
    const std::string_view text = header_of(request, "x-aws-ec2-metadata-token-ttl-seconds");
    if (request.method != "PUT" || text.empty()) {
        return plain_response(kUnauthorized, "text/plain", "");
    }
    std::int64_t life_s = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, life_s);
    if (error != std::errc{} || rest != end || life_s < 1 || life_s > kTokenLifeMaxS) {
        return plain_response(kHttpBadRequest, "text/plain", "");
    }
    return plain_response(
        kHttpOk, "text/plain", expiring_token(kTokenText, now + std::chrono::seconds(life_s)));
}

/// The response if there are too many credentials that have not expired.
HandlerResponse too_many_credentials() {
    return plain_response(kTooManyRequests, "application/json", R"({"message":"Rate exceeded"})");
}

/// The members that EC2 and container credentials have in common.
void append_credentials(const SimulatorIdentity& identity, ObjectText& object) {
    object.text("AccessKeyId", std::string_view(identity.access_key_id));
    object.text("SecretAccessKey", identity.secret_access_key.reveal());
    object.text("Token", identity.session_token.reveal());
    object.text("Expiration", std::string_view(date_text(identity.expires_at.value())));
}

}  // namespace

HandlerResponse InstanceMetadataHandler::metadata(const io::SignableRequest& request,
                                                  const SimulatedTime& time) {
    if (request.path == kToken) {
        return new_token(request, time.wall);
    }
    if (!is_valid_token(header_of(request, "x-aws-ec2-metadata-token"), kTokenText, time.wall)) {
        return plain_response(kUnauthorized, "text/plain", "");
    }
    const SimulatorRole* role = callers_.first_role();
    const std::string_view role_name = request.path.substr(kCredentials.size());
    if (role == nullptr || (!role_name.empty() && role_name != role->name)) {
        return plain_response(kHttpNotFound, "text/plain", "");
    }
    if (role_name.empty()) {
        return plain_response(kHttpOk, "text/plain", role->name);
    }
    const SimulatorIdentity* credentials =
        sts_.make_temporary(*role, StsHandler::NewSession{"i-simulated"}, time.wall);
    if (credentials == nullptr) {
        return too_many_credentials();
    }
    std::string body;
    ObjectText object(body);
    object.text("Code", std::string_view("Success"));
    object.text("Type", std::string_view("AWS-HMAC"));
    object.text("LastUpdated", std::string_view(date_text(time.wall)));
    append_credentials(*credentials, object);
    object.close();
    return plain_response(kHttpOk, "application/json", std::move(body));
}

HandlerResponse InstanceMetadataHandler::container(std::string_view name,
                                                   const SimulatedTime& time) {
    const SimulatorRole* role = callers_.role(name);
    if (role == nullptr) {
        return plain_response(kHttpNotFound, "application/json", R"({"message":"no such role"})");
    }
    const SimulatorIdentity* credentials =
        sts_.make_temporary(*role, StsHandler::NewSession{"container"}, time.wall);
    if (credentials == nullptr) {
        return too_many_credentials();
    }
    std::string body;
    ObjectText object(body);
    append_credentials(*credentials, object);
    object.close();
    return plain_response(kHttpOk, "application/json", std::move(body));
}

HandlerResponse InstanceMetadataHandler::federation(const io::SignableRequest& request,
                                                    const SimulatedTime& time) {
    const auto pairs = form_pairs(request.query);
    const auto value = [&](std::string_view name) {
        const auto known = pairs.find(name);
        return known == pairs.end() ? std::string_view{} : std::string_view(known->second);
    };
    const std::string_view token = header_of(request, "x-amz-sso_bearer_token");
    if (token.empty() || !sso_tokens_.is_valid(token, time.wall)) {
        return plain_response(
            kUnauthorized,
            "application/json",
            R"({"message":"Session token not found or invalid","__type":"UnauthorizedException"})");
    }
    const SimulatorRole* role = callers_.role(value("account_id"), value("role_name"));
    if (role == nullptr) {
        return plain_response(kHttpNotFound,
                              "application/json",
                              R"({"message":"No such role","__type":"ResourceNotFoundException"})");
    }
    const SimulatorIdentity* credentials =
        sts_.make_temporary(*role, StsHandler::NewSession{"sso"}, time.wall);
    if (credentials == nullptr) {
        return too_many_credentials();
    }
    std::string body;
    ObjectText outer(body);
    ObjectText object(outer.member("roleCredentials"));
    object.text("accessKeyId", std::string_view(credentials->access_key_id));
    object.text("secretAccessKey", credentials->secret_access_key.reveal());
    object.text("sessionToken", credentials->session_token.reveal());
    object.whole("expiration", credentials->expires_at.value().time_since_epoch().count());
    object.close();
    outer.close();
    return plain_response(kHttpOk, "application/json", std::move(body));
}

std::optional<HandlerResponse> InstanceMetadataHandler::respond(const io::SignableRequest& request,
                                                                const SimulatedTime& time) {
    if (request.path == kToken || begins_with(request.path, kCredentials)) {
        return metadata(request, time);
    }
    if (begins_with(request.path, kContainer)) {
        return container(request.path.substr(kContainer.size()), time);
    }
    return request.path == kFederation ? std::optional(federation(request, time)) : std::nullopt;
}

}  // namespace keyferry::simulator
