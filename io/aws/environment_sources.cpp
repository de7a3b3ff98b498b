// SPDX-License-Identifier: Apache-2.0
// Credential sources in the environment; see credential_chain.hpp.
#include "io/aws/credential_chain.hpp"
#include "io/aws/timestamps.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/lower_case.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string>

namespace keyferry::io {

namespace {

constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kInstanceMetadata = "http://169.254.169.254/";
constexpr std::string_view kInstanceMetadata6 = "http://[fd00:ec2::254]/";

/// Parses a variable as a whole number from 1 to `most`; returns `otherwise` if it is not set.
Parsed<int> whole_number(const Environment& environment,
                         const char* name,
                         int most,
                         int otherwise) {
    const std::optional<std::string_view> text = variable(environment, name);
    if (!text) {
        return otherwise;
    }
    int number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size() || number < 1 || number > most) {
        return ParseProblem{fmt::format(
            "{} is {}; expected a whole number from 1 to {}", name, in_quotes(*text), most)};
    }
    return number;
}

}  // namespace

Parsed<std::optional<Credentials>> environment_keys(const Environment& environment) {
    const std::optional<std::string_view> id = variable(environment, "AWS_ACCESS_KEY_ID");
    const std::optional<std::string_view> secret = variable(environment, "AWS_SECRET_ACCESS_KEY");
    if (!id) {
        return std::optional<Credentials>();
    }
    if (!secret) {
        return ParseProblem{
            "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not; set both or neither"};
    }
    std::optional<std::string_view> token = variable(environment, "AWS_SESSION_TOKEN");
    if (!token) {
        token = variable(environment, "AWS_SECURITY_TOKEN");  // the old name of the variable
    }
    Parsed<Credentials> credentials =
        make_credentials(*id, *secret, token.value_or(""), "the environment (AWS_ACCESS_KEY_ID)");
    if (!credentials) {
        return ParseProblem{
            fmt::format("in the environment (AWS_ACCESS_KEY_ID, "
                        "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN): {}",
                        credentials.error().text)};
    }
    if (const auto expiration = variable(environment, "AWS_CREDENTIAL_EXPIRATION")) {
        const Parsed<std::chrono::sys_seconds> expires_at = parse_iso_8601(*expiration);
        if (!expires_at) {
            return ParseProblem{
                fmt::format("AWS_CREDENTIAL_EXPIRATION: {}", expires_at.error().text)};
        }
        credentials->expires_at = *expires_at;
    }
    if (const auto account = variable(environment, "AWS_ACCOUNT_ID")) {
        const Parsed<AccountId> parsed = AccountId::parse(*account);
        if (!parsed) {
            return ParseProblem{fmt::format("AWS_ACCOUNT_ID: {}", parsed.error().text)};
        }
        credentials->account = *parsed;
    }
    return std::optional<Credentials>(std::move(*credentials));
}

Parsed<std::optional<WebIdentitySource>> environment_web_identity(const Environment& environment) {
    const std::optional<std::string_view> file =
        variable(environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
    if (!file) {
        return std::optional<WebIdentitySource>();
    }
    const std::optional<std::string_view> role = variable(environment, "AWS_ROLE_ARN");
    if (!role) {
        return ParseProblem{
            "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not; set both or neither"};
    }
    WebIdentitySource origin;
    origin.role_arn = *role;
    origin.session_name =
        variable(environment, "AWS_ROLE_SESSION_NAME").value_or(kDefaultSessionName);
    origin.token_file = *file;
    origin.where = "the environment (AWS_WEB_IDENTITY_TOKEN_FILE)";
    return std::optional<WebIdentitySource>(std::move(origin));
}

Parsed<std::optional<ContainerSource>> environment_container(const Environment& environment) {
    constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    const std::optional<std::string_view> relative = variable(environment, kRelative);
    const std::optional<std::string_view> full = variable(environment, kFull);
    if (!relative && !full) {
        return std::optional<ContainerSource>();
    }
    if (relative && !relative->starts_with('/')) {
        return ParseProblem{fmt::format(
            "{} is {}; expected a path that begins with '/'", kRelative, in_quotes(*relative))};
    }
    const std::string url =
        relative ? fmt::format("{}{}", kContainerHost, *relative) : std::string(*full);
    Parsed<ServiceUrl> parsed = ServiceUrl::parse(url);
    if (!parsed) {
        return ParseProblem{
            fmt::format("{}: {}", relative ? kRelative : kFull, parsed.error().text)};
    }
    ContainerSource origin(*std::move(parsed));
    origin.token_file =
        variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or("");
    if (const auto token = variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
        origin.token = Secret(*token);
    }
    return std::optional<ContainerSource>(std::move(origin));
}

Parsed<std::optional<ImdsSource>> environment_imds(const Environment& environment) {
    if (lower_case(variable(environment, "AWS_EC2_METADATA_DISABLED").value_or("")) == "true") {
        return std::optional<ImdsSource>();
    }
    constexpr const char* kEndpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    const bool is_ipv6 =
        lower_case(variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("")) ==
        "ipv6";
    const std::string_view url =
        variable(environment, kEndpoint).value_or(is_ipv6 ? kInstanceMetadata6 : kInstanceMetadata);
    Parsed<ServiceUrl> parsed = ServiceUrl::parse(url);
    if (!parsed) {
        return ParseProblem{fmt::format("{}: {}", kEndpoint, parsed.error().text)};
    }
    if (!parsed->target.ends_with('/')) {
        parsed->target.push_back('/');
    }
    constexpr int kTimeoutMax_s = 600;
    constexpr int kAttemptsMax = 10;
    const Parsed<int> timeout_s =
        whole_number(environment, "AWS_METADATA_SERVICE_TIMEOUT", kTimeoutMax_s, 1);
    if (!timeout_s) {
        return timeout_s.error();
    }
    const Parsed<int> attempts =
        whole_number(environment, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", kAttemptsMax, 1);
    if (!attempts) {
        return attempts.error();
    }
    ImdsSource origin(*std::move(parsed));
    origin.timeout = std::chrono::seconds(*timeout_s);
    origin.attempts = *attempts;
    return std::optional<ImdsSource>(std::move(origin));
}

}  // namespace keyferry::io
