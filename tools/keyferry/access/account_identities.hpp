// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/environment.hpp"
#include "io/clock/clock.hpp"
#include "io/identity/cached_credentials_provider.hpp"
#include "io/identity/credential_resolver.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "io/names/parsed.hpp"
#include "tools/keyferry/access/fleet_scope.hpp"
#include "tools/keyferry/access/kms_route.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

/// The credentials for each account of a fleet. The spec can configure them in [accounts]; other
/// accounts use the default credentials of the command. Accounts with the same settings share one
/// provider.
class AccountIdentities {
  public:
    /// `profile` is the value of --profile. `io` and `clock` must outlive this.
    AccountIdentities(const FleetScope& scope,
                      std::optional<std::string> profile,
                      const KmsRoute& route,
                      boost::asio::io_context& io,
                      io::Clock& clock);

    /// `correction` returns how far AWS's clock is ahead of the local clock, or zero if this is
    /// unknown. It is used to decide whether credentials need to be renewed.
    void use_clock_correction(std::function<std::chrono::seconds()> correction) {
        clock_correction_ = std::move(correction);
    }

    /// Finds the credentials of every account. Returns the accounts without credentials and the
    /// reason. Runs `io`, which can be run again afterwards.
    [[nodiscard]] std::map<io::AccountId, io::CredentialFailure> find_all();

    /// Refuses the account for the rest of the command: no calls are made for its keys, and every
    /// call for them fails with `reason`.
    void refuse(const io::AccountId& account, const io::CredentialFailure& why);
    [[nodiscard]] const std::map<io::AccountId, std::string>& refused() const noexcept {
        return refused_;
    }

    /// See CredentialsFor and RefreshCredentials in io/kms_http/kms_http_client.hpp.
    std::shared_ptr<const io::Credentials> current(const io::AccountRegion& place);
    boost::asio::awaitable<io::RefreshedCredentials> refresh(
        io::AccountRegion place, std::shared_ptr<const io::Credentials> refused);

    /// A description of the credentials' source, or the number of sources if there are several.
    [[nodiscard]] std::string sources() const;

    [[nodiscard]] std::vector<io::AccountId> accounts() const;

    /// Credentials and identity of one account's caller.
    struct Caller {
        Caller(io::SharedCredentials credentials_, io::StsOutcome<io::CallerIdentity> identity_)
            : credentials(std::move(credentials_)), identity(std::move(identity_)) {}
        io::SharedCredentials credentials;
        io::StsOutcome<io::CallerIdentity> identity;  ///< valid only with credentials
    };
    /// Calls STS GetCallerIdentity with the credentials of `account`.
    boost::asio::awaitable<Caller> caller_of(io::AccountId account);

  private:
    /// Credentials shared by the accounts with the same settings.
    struct CredentialSlot {
        CredentialSlot(std::optional<planner::AccountAccess> access_,
                       std::shared_ptr<const io::SharedConfig> config_)
            : access(std::move(access_)), config(std::move(config_)) {}
        std::optional<planner::AccountAccess> access;    ///< nullopt: the default credentials
        std::shared_ptr<const io::SharedConfig> config;  ///< for the first search; null afterwards
        std::optional<io::Region> region;  ///< the Region of the profile, after a search
        std::unique_ptr<io::CachedCredentialsProvider> identity;
    };

    std::size_t slot_for(const std::optional<planner::AccountAccess>& access,
                         const KmsRoute& route);
    boost::asio::awaitable<io::CredentialsOutcome> find(std::size_t index);
    [[nodiscard]] io::Parsed<io::CredentialChain> plan(
        const std::optional<planner::AccountAccess>& access, const io::SharedConfig& config) const;

    std::optional<std::string> profile_;
    io::Environment environment_;
    boost::asio::io_context& io_;
    io::Clock& clock_;
    io::CredentialResolver resolver_;
    std::function<std::chrono::seconds()> clock_correction_;  ///< may be empty
    std::vector<CredentialSlot> slots_;
    std::map<io::AccountId, std::size_t> slot_of_account_;
    std::map<io::AccountId, std::string> refused_;        ///< with the reason
    std::map<io::AccountId, std::string> refusal_codes_;  ///< error codes of STS; may be empty
};

}  // namespace keyferry::cli
