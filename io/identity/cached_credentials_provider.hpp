// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace keyferry::io {

/// Shared credentials, or a failure. If two of the pointers are equal, the credentials are the
/// same. The pointer is never null.
using SharedCredentials =
    boost::system::result<std::shared_ptr<const Credentials>, CredentialFailure>;

/// Caches credentials and refreshes them before they expire. Concurrent callers share one refresh.
/// Refreshes run in the background while the current credentials are still valid.
///
/// AWS decides whether credentials have expired, since the local clock may be wrong. An expiration
/// time in the past only triggers a refresh. If the source provides no other credentials, the
/// current ones are used until AWS rejects them.
///
/// If a refresh fails, or replaces rejected credentials with expired ones, the next refresh is
/// delayed by 1 to 30 seconds. Until then, refresh() returns the error immediately.
///
/// Not thread-safe. Calls may outlive the provider.
class CachedCredentialsProvider {
  public:
    /// Resolves the credentials from their source.
    using Find = std::function<boost::asio::awaitable<CredentialsOutcome>()>;
    /// Returns how far AWS's clock is ahead of the local one; zero if unknown.
    using ClockCorrection = std::function<std::chrono::seconds()>;

    /// `correction` may be empty. `io`, `clock` and everything that the functions refer to must
    /// outlive every call.
    CachedCredentialsProvider(boost::asio::io_context& io,
                              Clock& clock,
                              Find find,
                              ClockCorrection correction = nullptr);
    ~CachedCredentialsProvider();
    CachedCredentialsProvider(const CachedCredentialsProvider&) = delete;
    CachedCredentialsProvider& operator=(const CachedCredentialsProvider&) = delete;

    /// Returns credentials to sign with, or null if refresh() must be called first. Starts a
    /// background refresh if one is due.
    std::shared_ptr<const Credentials> current();

    /// Waits for credentials to sign with. If `refused` is not null, AWS has rejected these
    /// credentials as expired, regardless of their expiration time, and only different credentials
    /// are returned. On failure, the error explains why there are no credentials.
    boost::asio::awaitable<SharedCredentials> refresh(std::shared_ptr<const Credentials> refused);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry::io
