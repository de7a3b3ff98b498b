// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace keyferry::io {

/// Credentials that many share: the same pointer means the same credentials; never null where there
/// is no failure.
using SharedCredentials =
    boost::system::result<std::shared_ptr<const Credentials>, CredentialFailure>;

/// Somebody whose credentials expire and are found again: one renewal at a time, however many wait
/// for it. They are renewed ahead of their end, in the background while the old ones are still
/// good; a renewal that fails is tried again, and costs nothing until they end.
///
/// For one thread. Calls may be pending when the Identity goes.
class CachedCredentialsProvider {
  public:
    /// Finds the credentials anew, from the beginning.
    using Find = std::function<boost::asio::awaitable<CredentialsOutcome>()>;

    /// `io`, `clock` and all that `find` refers to must outlive every call.
    CachedCredentialsProvider(boost::asio::io_context& io, Clock& clock, Find find);
    ~CachedCredentialsProvider();
    CachedCredentialsProvider(const CachedCredentialsProvider&) = delete;
    CachedCredentialsProvider& operator=(const CachedCredentialsProvider&) = delete;

    /// The credentials that can sign now; null where fresh() has to be asked. Begins a renewal in
    /// the background when one is due.
    std::shared_ptr<const Credentials> current();

    /// Waits for credentials that can sign now. `refused` are those that AWS took for expired,
    /// whatever their date says, or null: others than these are wanted. A failure says why there
    /// are none.
    boost::asio::awaitable<SharedCredentials> refresh(std::shared_ptr<const Credentials> refused);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry::io
