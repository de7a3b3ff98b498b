// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/authorization.hpp"
#include "io/aws/secret.hpp"
#include "io/aws/sigv4.hpp"
#include "io/names/account_id.hpp"
#include "io/names/account_region.hpp"
#include "tools/simulator/access/permissions.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace keyferry::simulator {

/// Somebody whose signatures the simulator knows. Move-only, because of its secrets.
struct SimulatorIdentity {
    SimulatorIdentity(std::string access_key_id_,
                      io::Secret secret_access_key_,
                      io::AccountId account_)
        : access_key_id(std::move(access_key_id_)),
          secret_access_key(std::move(secret_access_key_)),
          account(std::move(account_)) {}

    std::string access_key_id;
    io::Secret secret_access_key;
    io::Secret session_token;  ///< empty for none; otherwise requests must carry it
    io::AccountId account;
    std::string name = "user/simulated";     ///< as in its ARN
    Permissions permissions;                 ///< by default for everything
    std::optional<io::WallTime> expires_at;  ///< of temporary credentials

    /// "arn:aws:iam::111122223333:user/simulated"; of an assumed role "arn:aws:sts::...".
    [[nodiscard]] std::string arn(std::string_view partition) const;
};

/// The identity of AWS's documented signing examples (AKIDEXAMPLE) in account 111122223333, which
/// may do everything.
[[nodiscard]] SimulatorIdentity example_identity();

/// A role that identities can assume.
struct SimulatorRole {
    io::AccountId account;
    std::string name;         ///< "deployer"
    std::string external_id;  ///< empty for none; otherwise AssumeRole must say it
    std::string web_token;    ///< empty for none; otherwise AssumeRoleWithWebIdentity takes it
    Permissions permissions;
};

/// The identities and roles that the simulator knows, and whether a signature is one of theirs. All
/// Regions share one port; which one is meant stands in a signature's credential scope.
class Callers {
  public:
    /// AWS accepts signatures of this age to both sides.
    static constexpr std::chrono::minutes kSignatureAgeMax{5};

    struct Caller {
        const SimulatorIdentity* identity;
        io::AccountRegion place;
    };

    /// An identity with the access key id of an earlier one takes its place. Temporary ones are let
    /// go some time after they have expired.
    void add(SimulatorIdentity identity);
    void add(SimulatorRole role) { roles_.push_back(std::move(role)); }

    /// nullptr where there is none.
    [[nodiscard]] const SimulatorRole* role(std::string_view account, std::string_view name) const;

    /// By its name alone; the first where several accounts have one of this name.
    [[nodiscard]] const SimulatorRole* role(std::string_view name) const;
    [[nodiscard]] const SimulatorRole* first_role() const {
        return roles_.empty() ? nullptr : &roles_.front();
    }

    /// Who signed `request`, for `service` ("kms"); or AWS's refusal. What is returned is good
    /// until the next add().
    std::variant<Caller, KmsRefusal> authenticate(const io::SignableRequest& request,
                                                  std::string_view service,
                                                  const SimulatedTime& time);

  private:
    static constexpr std::size_t kSigningKeysMax = 4096;
    static constexpr std::size_t kTemporaryMax = 100'000;

    const io::Secret& signing_key_of(const SimulatorIdentity& identity,
                                     const io::CredentialScope& scope);

    std::unordered_map<std::string, SimulatorIdentity> identities_;
    std::vector<SimulatorRole> roles_;
    /// By access key id and scope. Deriving one costs four HMACs, so each is kept.
    boost::unordered_flat_map<std::string, io::Secret> signing_keys_;
};

/// The value of a header, by its name in any case; empty where there is none.
[[nodiscard]] std::string_view header_of(const io::SignableRequest& request, std::string_view name);

}  // namespace keyferry::simulator
