// SPDX-License-Identifier: Apache-2.0
#include "io/sts/sts_request.hpp"

#include "io/aws/signed_post.hpp"

#include <fmt/format.h>

#include <iterator>

namespace keyferry::io {

namespace {

constexpr std::string_view kContentType = "application/x-www-form-urlencoded; charset=utf-8";
constexpr std::string_view kService = "sts";

std::string form_for(std::string_view action) {
    return fmt::format("Action={}&Version=2011-06-15", action);
}

void add(std::string& form, std::string_view name, std::string_view value) {
    if (!value.empty()) {
        fmt::format_to(std::back_inserter(form), "&{}={}", name, form_encoded(value));
    }
}

void add(std::string& form, std::string_view name, std::optional<std::chrono::seconds> duration) {
    if (duration) {
        add(form, name, std::to_string(duration->count()));
    }
}

}  // namespace

std::string form_encoded(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        const bool is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                   (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                                   c == '~';
        if (is_unreserved) {
            result.push_back(c);
        } else {
            fmt::format_to(std::back_inserter(result), "%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return result;
}

std::string form_of(const AssumeRoleRequest& request) {
    std::string form = form_for("AssumeRole");
    add(form, "RoleArn", request.role_arn);
    add(form, "RoleSessionName", request.session_name);
    add(form, "ExternalId", request.external_id);
    add(form, "Policy", request.session_policy);
    add(form, "DurationSeconds", request.duration);
    return form;
}

Secret form_of(const WebIdentityRequest& request) {
    std::string form = form_for("AssumeRoleWithWebIdentity");
    add(form, "RoleArn", request.role_arn);
    add(form, "RoleSessionName", request.session_name);
    add(form, "DurationSeconds", request.duration);
    // Reserved in advance, because a string that grows leaves copies of the secret in memory.
    std::string token = form_encoded(request.token.reveal());
    form.reserve(form.size() + token.size() + std::string_view("&WebIdentityToken=").size());
    form += "&WebIdentityToken=";
    form += token;
    static_cast<void>(Secret::take(token));
    return Secret::take(form);
}

std::string caller_identity_form() {
    return form_for("GetCallerIdentity");
}

Secret sts_request(const Endpoint& endpoint,
                   const Region& region,
                   const Credentials* caller,
                   std::string_view form,
                   std::chrono::sys_seconds now,
                   std::string_view user_agent) {
    ServicePost post(kService, endpoint.path, kContentType);
    post.body = form;
    post.user_agent = user_agent;
    return signed_post(post, endpoint, region, caller, now);
}

}  // namespace keyferry::io
