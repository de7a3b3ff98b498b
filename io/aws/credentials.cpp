// SPDX-License-Identifier: Apache-2.0
#include "io/aws/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::io {

namespace {

/// Whether `text` is safe in a header: printable ASCII without spaces.
bool is_visible_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::optional<ParseProblem> credential_problem(std::string_view what,
                                               std::string_view text,
                                               std::size_t size_bytes_max) {
    if (text.size() > size_bytes_max) {
        return ParseProblem{
            fmt::format("the {} has more than {} characters", what, size_bytes_max)};
    }
    if (!is_visible_ascii(text)) {
        return ParseProblem{fmt::format(
            "the {} contains an invalid character, perhaps a trailing space or comment", what)};
    }
    return std::nullopt;
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
        credential_problem("access key id", access_key_id, kAccessKeyIdBytesMax);
    if (!problem && access_key_id.find_first_of("/,=") != std::string_view::npos) {
        problem = ParseProblem{
            "the access key id contains an invalid character; is it the secret access key?"};
    }
    if (!problem) {
        problem =
            credential_problem("secret access key", secret_access_key, kSecretAccessKeyBytesMax);
    }
    if (!problem) {
        problem = credential_problem("session token", session_token, kSessionTokenBytesMax);
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

}  // namespace keyferry::io
