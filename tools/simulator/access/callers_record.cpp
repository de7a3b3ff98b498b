// SPDX-License-Identifier: Apache-2.0
// Callers: saving and loading temporary credentials, and the first uses of access tokens.
#include "io/checksum/sha256.hpp"
#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/model/record_members.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::string_view kCredentials = "credentials";
constexpr std::string_view kToken = "access_token";
constexpr std::chrono::hours kTokenLife{1};

std::string credentials_record(const SimulatorIdentity& identity) {
    std::string text;
    ObjectText record(text);
    ObjectText object(record.member(kCredentials));
    object.text("access_key_id", std::string_view(identity.access_key_id));
    object.text("secret_access_key", identity.secret_access_key.reveal());
    object.text("session_token", identity.session_token.reveal());
    object.text("account", std::string_view(identity.account.digits()));
    object.text("name", std::string_view(identity.name));
    object.whole("expires_ms", unix_ms(identity.expires_at.value()));
    object.text("policy", std::string_view(identity.session_policy_sources.policy));
    object.list(
        "policy_arns",
        identity.session_policy_sources.arns,
        [](const std::string& arn, std::string& into) { io::append_json_string(arn, into); });
    object.close();
    record.close();
    return text;
}

std::string token_record(std::string_view sha256, std::int64_t first_used_ms) {
    std::string text;
    ObjectText record(text);
    ObjectText object(record.member(kToken));
    object.text("sha256", sha256);
    object.whole("first_used_ms", first_used_ms);
    object.close();
    record.close();
    return text;
}

/// The role in the name of a session: "assumed-role/deployer/me" -> "deployer". A role's name can
/// begin with a path.
std::string_view role_of_session(std::string_view name) {
    constexpr std::string_view kAssumedRole = "assumed-role/";
    const std::size_t end = name.rfind('/');
    if (!name.starts_with(kAssumedRole) || end < kAssumedRole.size()) {
        throw std::runtime_error("temporary credentials have an invalid name");
    }
    return name.substr(kAssumedRole.size(), end - kAssumedRole.size());
}

}  // namespace

std::variant<std::shared_ptr<const PolicyDocuments>, SessionPolicyProblem>
Callers::session_policies(const SessionPolicySources& sources) const {
    PolicyDocuments documents;
    if (!sources.policy.empty()) {
        auto document = parse_policy(sources.policy, PolicyKind::identity);
        if (!document) {
            return SessionPolicyProblem{true, document.error().text};
        }
        documents.push_back(*std::move(document));
    }
    for (const std::string& arn : sources.arns) {
        const PolicyDocument* managed = managed_policy(arn);
        if (managed == nullptr) {
            return SessionPolicyProblem{false,
                                        "Policy " + arn + " does not exist or is not attachable."};
        }
        documents.push_back(*managed);
    }
    return documents.empty() ? nullptr
                             : std::make_shared<const PolicyDocuments>(std::move(documents));
}

bool Callers::is_valid_token(std::string_view token, io::WallTime now) {
    const std::string sha256 = io::hex(io::sha256(token));
    const auto known = tokens_.find(sha256);
    if (known != tokens_.end()) {
        return unix_ms(now - kTokenLife) < known->second;
    }
    if (tokens_.size() >= kTokensMax) {
        return false;
    }
    tokens_.emplace(sha256, unix_ms(now));
    if (changes_) {
        changes_->tokens.push_back(sha256);
    }
    return true;
}

void Callers::save(io::WallTime now, const RecordSink& sink) {
    if (changes_) {
        changes_ = Changes{};
    }
    for (const auto& [id, identity] : identities_) {
        if (identity.expires_at && *identity.expires_at > now) {
            sink(credentials_record(identity));
        }
    }
    for (const auto& [sha256, first_used_ms] : tokens_) {
        sink(token_record(sha256, first_used_ms));
    }
}

void Callers::save_changes(const RecordSink& sink) {
    if (!changes_ || (changes_->credentials.empty() && changes_->tokens.empty())) {
        return;
    }
    const Changes changes = std::exchange(*changes_, Changes{});
    for (const std::string& id : changes.credentials) {
        const auto known = identities_.find(id);
        if (known != identities_.end()) {
            sink(credentials_record(known->second));
        }
    }
    for (const std::string& sha256 : changes.tokens) {
        sink(token_record(sha256, tokens_.at(sha256)));
    }
}

bool Callers::has_record_kind(std::string_view kind) {
    return kind == kCredentials || kind == kToken;
}

void Callers::load_credentials(const json::object& object) {
    const auto account = io::AccountId::parse(text_in(object, "account")).value();
    const std::string name = text_in(object, "name");
    SimulatorIdentity identity(text_in(object, "access_key_id"),
                               io::Secret(text_in(object, "secret_access_key")),
                               account);
    identity.session_token = io::Secret(text_in(object, "session_token"));
    identity.name = name;
    identity.expires_at =
        io::WallTime{std::chrono::milliseconds{object.at("expires_ms").as_int64()}};
    identity.session_policy_sources.policy = text_in(object, "policy");
    for (const json::value& arn : object.at("policy_arns").as_array()) {
        identity.session_policy_sources.arns.emplace_back(std::string_view(arn.as_string()));
    }
    const SimulatorRole* from = role(account.digits(), role_of_session(name));
    auto policies = session_policies(identity.session_policy_sources);
    if (from == nullptr || std::holds_alternative<SessionPolicyProblem>(policies)) {
        return;  // as in AWS, credentials of a deleted role are not valid
    }
    identity.policies = from->policies;
    identity.context = from->context;
    identity.session_policies =
        std::get<std::shared_ptr<const PolicyDocuments>>(std::move(policies));
    ++temporary_count_;
    add(std::move(identity));
}

std::optional<io::ParseProblem> Callers::load_record(const json::object& record) {
    try {
        if (const json::value* credentials = record.if_contains(kCredentials)) {
            load_credentials(credentials->as_object());
        } else {
            const json::object& token = record.at(kToken).as_object();
            tokens_.insert_or_assign(text_in(token, "sha256"),
                                     token.at("first_used_ms").as_int64());
        }
    } catch (const std::exception& error) {
        return io::ParseProblem{error.what()};
    }
    return std::nullopt;
}

std::set<std::string> Callers::accounts() const {
    std::set<std::string> accounts;
    for (const auto& [id, identity] : identities_) {
        accounts.insert(identity.account.digits());
    }
    for (const SimulatorRole& each : roles_) {
        accounts.insert(each.account.digits());
    }
    return accounts;
}

}  // namespace keyferry::simulator
