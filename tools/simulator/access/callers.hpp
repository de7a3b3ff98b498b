// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/authorization.hpp"
#include "io/aws/secret.hpp"
#include "io/aws/sigv4.hpp"
#include "io/names/account_id.hpp"
#include "io/names/account_region.hpp"
#include "io/names/parsed.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/policy/policy_identity.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <boost/json/fwd.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry::simulator {

/// The session policies that a request for temporary credentials contains.
struct SessionPolicySources {
    std::string policy;             ///< a policy as JSON; empty: none
    std::vector<std::string> arns;  ///< managed policies
};

/// An identity whose signatures the simulator accepts. Move-only, because it contains secrets.
struct SimulatorIdentity : PolicyIdentity {
    SimulatorIdentity(std::string access_key_id_,
                      io::Secret secret_access_key_,
                      io::AccountId account_)
        : PolicyIdentity(std::move(account_)),
          access_key_id(std::move(access_key_id_)),
          secret_access_key(std::move(secret_access_key_)) {}

    std::string access_key_id;
    io::Secret secret_access_key;
    io::Secret session_token;                          ///< if not empty, requests must contain it
    std::optional<io::WallTime> expires_at;            ///< for temporary credentials
    SessionPolicySources session_policy_sources = {};  ///< the origin of session_policies
};

/// The identity in AWS's signing examples (AKIDEXAMPLE). It is an administrator of account
/// 111122223333.
[[nodiscard]] SimulatorIdentity example_identity();

/// Why session policies cannot be used.
struct SessionPolicyProblem {
    bool is_malformed = false;  ///< the policy is not valid; otherwise a managed policy is missing
    std::string text;
};

/// A role that identities can assume.
struct SimulatorRole {
    io::AccountId account;
    std::string name;         ///< "deployer"
    std::string external_id;  ///< if not empty, AssumeRole must specify it
    std::string web_token;    ///< the token for AssumeRoleWithWebIdentity; empty: none
    std::shared_ptr<const PolicyDocuments> policies = nullptr;  ///< as in PolicyIdentity
    std::vector<std::pair<std::string, std::string>> context = {};
};

/// The identities and roles of the simulator. Verifies request signatures. All Regions share one
/// port; the Region of a request is in its signature's credential scope.
class Callers {
  public:
    /// Maximum difference between the time of a signature and AWS's time.
    static constexpr std::chrono::minutes kSignatureAgeMax{5};

    struct Caller {
        const SimulatorIdentity* identity;
        io::AccountRegion place;
    };

    /// Adds a permanent identity, replacing any existing one with the same access key ID.
    void add(SimulatorIdentity identity);
    void add(SimulatorRole role) { roles_.push_back(std::move(role)); }

    /// Adds temporary credentials, which must have an expiry. They are removed some time after they
    /// expire. Returns false if kTemporaryMax of them have not expired yet.
    [[nodiscard]] bool add_temporary(SimulatorIdentity identity, io::WallTime now);

    /// Parses session policies. The result is null if there are none.
    [[nodiscard]] std::variant<std::shared_ptr<const PolicyDocuments>, SessionPolicyProblem>
    session_policies(const SessionPolicySources& sources) const;

    /// Whether an access token of IAM Identity Center that the simulator has not issued is still
    /// valid. It comes from a sign-in in a browser, at an unknown time, so that its hour begins
    /// with its first use.
    [[nodiscard]] bool is_valid_token(std::string_view token, io::WallTime now);

    // The following functions save and load temporary credentials, with their secrets, and the
    // first uses of access tokens. The records are JSON objects without a newline:
    // {"credentials":{...}} and {"access_token":{...}}.
    using RecordSink = std::function<void(const std::string& record)>;

    /// Saves the credentials that have not expired and when each access token was first used,
    /// because an expired token must not become valid again.
    void save(io::WallTime now, const RecordSink& sink);

    /// Starts recording what changes.
    void record_changes() { changes_.emplace(); }

    /// Saves what has been added since the last save() or save_changes().
    void save_changes(const RecordSink& sink);

    /// Whether load_record() handles a record of this kind.
    [[nodiscard]] static bool has_record_kind(std::string_view kind);

    /// Applies a record. The roles must have been added. Credentials are ignored if their role or
    /// one of their managed policies is not defined anymore.
    [[nodiscard]] std::optional<io::ParseProblem> load_record(const boost::json::object& record);

    /// The accounts of all identities and roles.
    [[nodiscard]] std::set<std::string> accounts() const;
    /// The number of permanent identities.
    [[nodiscard]] std::size_t identity_count() const noexcept {
        return identities_.size() - temporary_count_;
    }
    [[nodiscard]] std::size_t role_count() const noexcept { return roles_.size(); }

    /// Service control policies for all accounts except the management account. Null: none.
    void set_service_control_policies(std::shared_ptr<const PolicyDocuments> policies) {
        service_control_policies_ = std::move(policies);
    }
    [[nodiscard]] PolicyCaller policy_caller(const PolicyIdentity& identity) const {
        const bool is_exempt = identity.account == management_account_;
        return PolicyCaller{&identity, is_exempt ? nullptr : service_control_policies_.get()};
    }

    /// The management account of the organization, which service control policies do not affect
    /// (AWS Organizations User Guide, "Service control policies").
    void set_management_account(const io::AccountId& account) { management_account_ = account; }

    /// Managed policies, which AssumeRole can use as session policies.
    void add_managed_policy(const std::string& arn, PolicyDocument policy) {
        managed_policies_.insert_or_assign(arn, std::move(policy));
    }
    /// Returns nullptr if there is no such managed policy.
    [[nodiscard]] const PolicyDocument* managed_policy(const std::string& arn) const {
        const auto found = managed_policies_.find(arn);
        return found == managed_policies_.end() ? nullptr : &found->second;
    }

    /// Returns nullptr if there is no such role.
    [[nodiscard]] const SimulatorRole* role(std::string_view account, std::string_view name) const;

    /// Finds a role by name in any account. Returns the first match.
    [[nodiscard]] const SimulatorRole* role(std::string_view name) const;
    [[nodiscard]] const SimulatorRole* first_role() const {
        return roles_.empty() ? nullptr : &roles_.front();
    }

    /// Returns the caller that signed `request` for `service` ("kms"), or AWS's error response. The
    /// result is valid until the next add().
    std::variant<Caller, KmsRefusal> authenticate(const io::SignableRequest& request,
                                                  std::string_view service,
                                                  const SimulatedTime& time);

    static constexpr std::size_t kTemporaryMax = 100'000;

  private:
    static constexpr std::size_t kSigningKeysMax = 4096;
    static constexpr std::size_t kTokensMax = 10'000;

    void load_credentials(const boost::json::object& object);

    const io::Secret& signing_key_of(const SimulatorIdentity& identity,
                                     const io::CredentialScope& scope);

    /// What the next save_changes() saves.
    struct Changes {
        std::vector<std::string> credentials;  ///< their access key IDs
        std::vector<std::string> tokens;       ///< their SHA-256
    };

    std::unordered_map<std::string, SimulatorIdentity> identities_;
    std::size_t temporary_count_ = 0;
    std::map<std::string, std::int64_t> tokens_;  ///< first uses by SHA-256; Unix epoch, ms
    std::optional<Changes> changes_;              ///< nullopt: not recorded
    std::vector<SimulatorRole> roles_;
    std::shared_ptr<const PolicyDocuments> service_control_policies_;
    std::optional<io::AccountId> management_account_;
    std::unordered_map<std::string, PolicyDocument> managed_policies_;  ///< by ARN
    /// Keyed by access key ID and scope. Cached because deriving one takes four HMACs.
    boost::unordered_flat_map<std::string, io::Secret> signing_keys_;
};

/// The value of a header; names are case-insensitive. Empty if the header is missing.
[[nodiscard]] std::string_view header_of(const io::SignableRequest& request, std::string_view name);

}  // namespace keyferry::simulator
