// SPDX-License-Identifier: Apache-2.0
#include "io/identity/credential_json.hpp"

#include "io/aws/timestamps.hpp"
#include "io/names/first_line.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <array>
#include <optional>
#include <utility>

namespace keyferry::io {

namespace json = boost::json;

namespace {

constexpr std::size_t kSourceMessageBytesMax = 300;
constexpr std::size_t kSourceCodeBytesMax = 100;

/// A JSON object whose memory is wiped on destruction, unless the object is larger than usual
/// responses.
class SecretObject {
  public:
    explicit SecretObject(std::string_view text)
        : memory_(space_.data(), space_.size()),
          value_(parsed(text, json::storage_ptr(&memory_))),
          object_(value_.if_object()) {}
    ~SecretObject() { OPENSSL_cleanse(space_.data(), space_.size()); }
    SecretObject(const SecretObject&) = delete;
    SecretObject& operator=(const SecretObject&) = delete;

    bool is_object() const noexcept { return object_ != nullptr; }

    const json::value* find(std::string_view name) const {
        return object_ == nullptr ? nullptr : object_->if_contains(name);
    }
    /// Returns a string member; empty if it is missing or not a string.
    std::string_view text(std::string_view name) const {
        const json::value* member = find(name);
        return member != nullptr && member->is_string() ? std::string_view(member->get_string())
                                                        : std::string_view();
    }
    /// Descends into the member object `name`, if it exists.
    void enter(std::string_view name) {
        const json::value* member = find(name);
        object_ = member == nullptr ? nullptr : member->if_object();
    }

  private:
    static json::value parsed(std::string_view text, json::storage_ptr memory) {
        boost::system::error_code error;
        return json::parse(text, error, std::move(memory));
    }

    std::array<unsigned char, 32'768> space_{};
    json::monotonic_resource memory_;
    // Monotonic memory is never freed, so the value's destructor does not access it. The memory may
    // therefore be wiped before the value is destroyed.
    json::value value_;  // null if the text is not JSON
    const json::object* object_;
};

/// The member names that a source uses.
struct Names {
    std::string_view access_key_id = "AccessKeyId";
    std::string_view secret_access_key = "SecretAccessKey";
    std::string_view session_token = "Token";
};

CredentialFailure unusable(std::string_view source, std::string_view what) {
    return CredentialFailure(true, fmt::format("{}: its response is invalid: {}", source, what));
}

CredentialsOutcome credentials_of(const SecretObject& object,
                                  const Names& names,
                                  std::string source) {
    Parsed<Credentials> credentials = make_credentials(object.text(names.access_key_id),
                                                       object.text(names.secret_access_key),
                                                       object.text(names.session_token),
                                                       source);
    if (!credentials) {
        return unusable(source, credentials.error().text);
    }
    if (const std::string_view account = object.text("AccountId"); !account.empty()) {
        Parsed<AccountId> parsed = AccountId::parse(account);
        if (!parsed) {
            return unusable(source, "AccountId: " + parsed.error().text);
        }
        credentials->account = *std::move(parsed);
    }
    if (const std::string_view expiration = object.text("Expiration"); !expiration.empty()) {
        const Parsed<std::chrono::sys_seconds> expires_at = parse_iso_8601(expiration);
        if (!expires_at) {
            return unusable(source, "Expiration: " + expires_at.error().text);
        }
        credentials->expires_at = *expires_at;
    }
    return std::move(*credentials);
}

}  // namespace

CredentialsOutcome read_metadata_credentials(std::string_view json, std::string source) {
    const SecretObject object(json);
    if (!object.is_object()) {
        return unusable(source, "it is not a JSON object");
    }
    const std::string_view code = object.text("Code");
    if (!code.empty() && code != "Success") {
        return CredentialFailure(
            true,
            fmt::format("{}: it returned {}: {}",
                        source,
                        first_line(code, kSourceCodeBytesMax),
                        first_line(object.text("Message"), kSourceMessageBytesMax)));
    }
    return credentials_of(object, Names(), std::move(source));
}

CredentialsOutcome read_process_credentials(std::string_view json, std::string source) {
    const SecretObject object(json);
    if (!object.is_object()) {
        return unusable(source, "it is not a JSON object");
    }
    const json::value* version = object.find("Version");
    if (version == nullptr || !version->is_int64() || version->get_int64() != 1) {
        return unusable(source, "Version is not 1");
    }
    Names names;
    names.session_token = "SessionToken";
    return credentials_of(object, names, std::move(source));
}

CredentialsOutcome read_sso_credentials(std::string_view json, std::string source) {
    SecretObject object(json);
    object.enter("roleCredentials");
    if (!object.is_object()) {
        return unusable(source, "it has no roleCredentials");
    }
    const json::value* expiration = object.find("expiration");
    if (expiration == nullptr || !expiration->is_int64() || expiration->get_int64() < 0) {
        return unusable(source, "expiration is not a number of milliseconds");
    }
    const std::chrono::milliseconds expires_ms(expiration->get_int64());
    Names names;
    names.access_key_id = "accessKeyId";
    names.secret_access_key = "secretAccessKey";
    names.session_token = "sessionToken";
    CredentialsOutcome credentials = credentials_of(object, names, std::move(source));
    if (credentials) {
        credentials->expires_at =
            std::chrono::sys_seconds(std::chrono::floor<std::chrono::seconds>(expires_ms));
    }
    return credentials;
}

boost::system::result<SsoToken, CredentialFailure> read_sso_token(std::string_view json) {
    const SecretObject object(json);
    const std::string_view token = object.text("accessToken");
    const std::string_view expiry = object.text("expiresAt");
    if (token.empty() || expiry.empty()) {
        return CredentialFailure(false, "accessToken or expiresAt is missing");
    }
    // Older versions of the AWS CLI wrote "2026-11-23T12:36:00UTC".
    std::string zoned(expiry);
    if (zoned.ends_with("UTC")) {
        zoned.replace(zoned.size() - 3, 3, "Z");
    }
    const Parsed<std::chrono::sys_seconds> expires_at = parse_iso_8601(zoned);
    if (!expires_at) {
        return CredentialFailure(false, "expiresAt: " + expires_at.error().text);
    }
    SsoToken result;
    result.access_token = Secret(token);
    result.expires_at = *expires_at;
    return result;
}

std::string error_message(std::string_view json) {
    const SecretObject object(json);
    const std::string_view message = object.text("message");
    return first_line(message.empty() ? object.text("Message") : message, kSourceMessageBytesMax);
}

}  // namespace keyferry::io
