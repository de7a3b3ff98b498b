#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/environment.hpp"
#include "io/clock/clock.hpp"
#include "io/identity/credential_resolver.hpp"
#include "io/identity/cached_credentials_provider.hpp"
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

namespace keyferry {

/// Who signs the calls of each account of a fleet: what [accounts] says, else the command's own
/// credentials. Accounts of which the spec says the same share one Identity.
class AccountIdentities {
  public:
    /// `profile` is what --profile says. `io` and `clock` must outlive this.
    AccountIdentities(const FleetScope& scope,
                      std::optional<std::string> profile,
                      const KmsRoute& route,
                      boost::asio::io_context& io,
                      Clock& clock);

    /// Finds the credentials of every account; nothing, or why those of the first could not be
    /// found. Runs `io`, which can be run again afterwards.
    std::optional<ParseProblem> find_all();

    /// As CredentialsFor and RenewCredentials of io/kms_http/kms_http_client.hpp.
    std::shared_ptr<const Credentials> at_hand(const Place& place);
    boost::asio::awaitable<FreshCredentials> renewed(Place place,
                                                     std::shared_ptr<const Credentials> refused);

    /// Where the credentials came from, in words: their source, or how many there are.
    std::string sources() const;

    std::vector<AccountId> accounts() const;

    /// What is known of one account's caller.
    struct Caller {
        Caller(SharedCredentials credentials_, StsOutcome<CallerIdentity> identity_)
            : credentials(std::move(credentials_)), identity(std::move(identity_)) {}
        SharedCredentials credentials;
        StsOutcome<CallerIdentity> identity;  ///< means something only with credentials
    };
    /// Asks STS whose the credentials of `account` are.
    boost::asio::awaitable<Caller> caller_of(AccountId account);

  private:
    /// One way to credentials, and the accounts that take it.
    struct Way {
        explicit Way(std::optional<AccountAccess> access_) : access(std::move(access_)) {}
        std::optional<AccountAccess> access;  ///< nothing: the command's own
        std::unique_ptr<Identity> identity;
    };

    std::size_t way_of(const std::optional<AccountAccess>& access);
    boost::asio::awaitable<CredentialsOutcome> find(std::size_t way);
    Parsed<CredentialPlan> plan(const std::optional<AccountAccess>& access) const;

    std::optional<std::string> profile_;
    Environment environment_;
    boost::asio::io_context& io_;
    Clock& clock_;
    CredentialResolver resolver_;
    std::vector<Way> ways_;
    std::map<AccountId, std::size_t> way_of_account_;
};

}  // namespace keyferry
