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

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

/// Who signs the calls of each account of a fleet: what [accounts] says, else the command's own
/// credentials. Accounts of which the spec says the same share one Identity.
class AccountIdentities {
  public:
    /// `profile` is what --profile says. `io` and `clock` must outlive this.
    AccountIdentities(const FleetScope& scope,
                      std::optional<std::string> profile,
                      const KmsRoute& route,
                      boost::asio::io_context& io,
                      io::Clock& clock);

    /// Finds the credentials of every account; nothing, or why those of the first could not be
    /// found. Runs `io`, which can be run again afterwards.
    std::optional<io::ParseProblem> find_all();

    /// As CredentialsFor and RefreshCredentials of io/kms_http/kms_http_client.hpp.
    std::shared_ptr<const io::Credentials> current(const io::AccountRegion& place);
    boost::asio::awaitable<io::RefreshedCredentials> renewed(
        io::AccountRegion place, std::shared_ptr<const io::Credentials> refused);

    /// Where the credentials came from, in words: their source, or how many there are.
    [[nodiscard]] std::string sources() const;

    [[nodiscard]] std::vector<io::AccountId> accounts() const;

    /// What is known of one account's caller.
    struct Caller {
        Caller(io::SharedCredentials credentials_, io::StsOutcome<io::CallerIdentity> identity_)
            : credentials(std::move(credentials_)), identity(std::move(identity_)) {}
        io::SharedCredentials credentials;
        io::StsOutcome<io::CallerIdentity> identity;  ///< means something only with credentials
    };
    /// Asks STS whose the credentials of `account` are.
    boost::asio::awaitable<Caller> caller_of(io::AccountId account);

  private:
    /// One way to credentials, and the accounts that take it.
    struct CredentialSlot {
        explicit CredentialSlot(std::optional<planner::AccountAccess> access_)
            : access(std::move(access_)) {}
        std::optional<planner::AccountAccess> access;  ///< nothing: the command's own
        std::unique_ptr<io::CachedCredentialsProvider> identity;
    };

    std::size_t way_of(const std::optional<planner::AccountAccess>& access);
    boost::asio::awaitable<io::CredentialsOutcome> find(std::size_t slot);
    [[nodiscard]] io::Parsed<io::CredentialChain> plan(
        const std::optional<planner::AccountAccess>& access) const;

    std::optional<std::string> profile_;
    io::Environment environment_;
    boost::asio::io_context& io_;
    io::Clock& clock_;
    io::CredentialResolver resolver_;
    std::vector<CredentialSlot> slots_;
    std::map<io::AccountId, std::size_t> slot_of_account_;
};

}  // namespace keyferry::cli
