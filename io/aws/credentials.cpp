#include "io/aws/credentials.hpp"

#include "io/aws/profile_credentials.hpp"
#include "io/aws/timestamps.hpp"
#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry {

namespace {

/// May stand in a header: printable ASCII without spaces.
bool is_visible_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::optional<ParseProblem> problem_with(std::string_view what,
                                         std::string_view text,
                                         std::size_t size_bytes_max) {
    if (text.size() > size_bytes_max) {
        return ParseProblem{
            fmt::format("the {} has more than {} characters", what, size_bytes_max)};
    }
    if (!is_visible_ascii(text)) {
        return ParseProblem{
            fmt::format("the {} has a character that cannot be part of one, "
                        "perhaps a space or a comment behind it",
                        what)};
    }
    return std::nullopt;
}

/// The keys in the environment; nothing where there is no access key id.
Parsed<std::optional<Credentials>> from_environment(const Environment& environment) {
    const std::optional<std::string_view> id = variable(environment, "AWS_ACCESS_KEY_ID");
    const std::optional<std::string_view> secret = variable(environment, "AWS_SECRET_ACCESS_KEY");
    if (!id) {
        return std::optional<Credentials>();
    }
    if (!secret) {
        return ParseProblem{
            "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not; set both or neither"};
    }
    Parsed<Credentials> credentials =
        make_credentials(*id,
                         *secret,
                         variable(environment, "AWS_SESSION_TOKEN").value_or(""),
                         "the environment (AWS_ACCESS_KEY_ID)");
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

/// Sources that other AWS tools would use here, named so that nobody looks for the mistake
/// elsewhere.
std::string sources_not_supported(const Environment& environment) {
    for (const char* name :
         {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"}) {
        if (variable(environment, name)) {
            return fmt::format("; {} is set, but credentials of a container are not supported yet",
                               name);
        }
    }
    return "; credentials of an EC2 instance are not supported yet";
}

}  // namespace

Parsed<Credentials> make_credentials(std::string_view access_key_id,
                                     std::string_view secret_access_key,
                                     std::string_view session_token,
                                     std::string source) {
    if (access_key_id.empty() || secret_access_key.empty()) {
        return ParseProblem{fmt::format(
            "the {} is empty", access_key_id.empty() ? "access key id" : "secret access key")};
    }
    std::optional<ParseProblem> problem =
        problem_with("access key id", access_key_id, kAccessKeyIdBytesMax);
    if (!problem && access_key_id.find_first_of("/,=") != std::string_view::npos) {
        problem = ParseProblem{
            "the access key id has a character that cannot be part of one; is "
            "it the secret?"};
    }
    if (!problem) {
        problem = problem_with("secret access key", secret_access_key, kSecretAccessKeyBytesMax);
    }
    if (!problem) {
        problem = problem_with("session token", session_token, kSessionTokenBytesMax);
    }
    if (problem) {
        return *problem;
    }
    Credentials credentials;
    credentials.access_key_id = access_key_id;
    credentials.secret_access_key = Secret(secret_access_key);
    if (!session_token.empty()) {
        credentials.session_token = Secret(session_token);
    }
    credentials.source = std::move(source);
    return credentials;
}

Parsed<Credentials> find_credentials(const std::optional<std::string>& profile,
                                     const Environment& environment) {
    if (!profile) {
        Parsed<std::optional<Credentials>> found = from_environment(environment);
        if (!found) {
            return found.error();
        }
        if (*found) {
            return std::move(**found);
        }
        if (variable(environment, "AWS_WEB_IDENTITY_TOKEN_FILE")) {
            return ParseProblem{
                "AWS_WEB_IDENTITY_TOKEN_FILE is set: credentials from web identity "
                "are not supported yet. Set AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN instead"};
        }
    }
    const ProfilePlace place = profile_place(profile, environment);
    Parsed<ProfileSearch> search = search_profile(place);
    if (!search) {
        return search.error();
    }
    if (search->found) {
        return std::move(*search->found);
    }
    return ParseProblem{fmt::format(
        "found no AWS credentials: {}; {}{}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, put "
        "keys into profile {} with 'aws configure', or name another profile with --profile",
        profile ? "the environment is passed over because of --profile"
                : "AWS_ACCESS_KEY_ID is not set",
        search->looked_at,
        sources_not_supported(environment),
        in_quotes(place.profile))};
}

}  // namespace keyferry
