// SPDX-License-Identifier: Apache-2.0
#include "io/identity/cached_credentials_provider.hpp"

#include "io/aws/timestamps.hpp"
#include "io/http/wakeup.hpp"

#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace keyferry::io {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

/// Credentials are refreshed this long before they expire, or after two thirds of their lifetime if
/// that is later.
constexpr milliseconds kRefreshAheadMax{10 * 60 * 1000};
/// Credentials are not used within this time before they expire, or within the last tenth of their
/// lifetime if that is shorter: a request takes time, and clocks differ.
constexpr milliseconds kExpiryMarginMax{60'000};
/// Delay after a failed refresh.
constexpr milliseconds kRetryDelayMax{30'000};
constexpr milliseconds kRetryDelayMin{1'000};

bool same_credentials(const Credentials& a, const Credentials& b) {
    const auto token = [](const Credentials& of) {
        return of.session_token ? of.session_token->reveal() : std::string_view();
    };
    return a.access_key_id == b.access_key_id &&
           a.secret_access_key.reveal() == b.secret_access_key.reveal() && token(a) == token(b);
}

}  // namespace

/// Shared with the refresh in progress and its waiters, since an io_context destroys pending
/// coroutines last.
struct CachedCredentialsProvider::State : std::enable_shared_from_this<State> {
    State(asio::io_context& io_, Clock& clock_, Find find_)
        : io(io_), clock(clock_), find(std::move(find_)) {}

    bool can_sign() const { return current && (!unusable_at || clock.wall_now() < *unusable_at); }
    bool refresh_is_due() const {
        return !is_refreshing && refresh_at && clock.wall_now() >= *refresh_at;
    }

    void start_refresh();
    void take(CredentialsOutcome outcome);

    asio::io_context& io;
    Clock& clock;
    Find find;
    std::shared_ptr<const Credentials> current;
    std::optional<CredentialFailure> failure;  ///< of the last refresh
    std::optional<WallTime> refresh_at;        ///< not set if they do not expire
    std::optional<WallTime> unusable_at;       ///< not used from this time on
    bool is_refreshing = false;
    WakeupQueue waiting;
};

void CachedCredentialsProvider::State::start_refresh() {
    if (is_refreshing) {
        return;
    }
    is_refreshing = true;
    // Independent of the caller, which may be cancelled while others still wait.
    asio::co_spawn(
        io,
        find(),
        [self = shared_from_this()](const std::exception_ptr& error, CredentialsOutcome outcome) {
            self->is_refreshing = false;
            if (error) {
                outcome = CredentialFailure(true, "unexpected error while resolving credentials");
            }
            self->take(std::move(outcome));
            while (!self->waiting.empty()) {
                self->waiting.front().wake();
            }
        });
}

void CachedCredentialsProvider::State::take(CredentialsOutcome outcome) {
    const WallTime now = clock.wall_now();
    if (outcome && outcome->expires_at && *outcome->expires_at <= now) {
        const std::string ended = amz_date(*outcome->expires_at);
        outcome = CredentialFailure(
            false,
            fmt::format("the credentials from {} expired at {}; this machine's clock says {}",
                        outcome->source,
                        ended,
                        amz_date(std::chrono::floor<std::chrono::seconds>(now))));
    }
    if (!outcome) {
        failure = outcome.error();
        const milliseconds left = unusable_at ? *unusable_at - now : milliseconds(0);
        refresh_at = now + std::clamp(left / 5, kRetryDelayMin, kRetryDelayMax);
        return;
    }
    failure.reset();
    refresh_at.reset();
    unusable_at.reset();
    if (const auto expires_at = outcome->expires_at) {
        const milliseconds life = *expires_at - now;
        refresh_at = *expires_at - std::min(kRefreshAheadMax, life / 3);
        unusable_at = *expires_at - std::min(kExpiryMarginMax, life / 10);
    }
    current = std::make_shared<const Credentials>(std::move(*outcome));
}

CachedCredentialsProvider::CachedCredentialsProvider(asio::io_context& io, Clock& clock, Find find)
    : state_(std::make_shared<State>(io, clock, std::move(find))) {}

CachedCredentialsProvider::~CachedCredentialsProvider() = default;

std::shared_ptr<const Credentials> CachedCredentialsProvider::current() {
    if (!state_->can_sign()) {
        return nullptr;
    }
    if (state_->refresh_is_due()) {
        state_->start_refresh();
    }
    return state_->current;
}

asio::awaitable<SharedCredentials> CachedCredentialsProvider::refresh(
    std::shared_ptr<const Credentials> refused) {
    const std::shared_ptr<State> state = state_;
    if (state->can_sign() && state->current != refused) {
        co_return state->current;  // already refreshed by another caller
    }
    state->start_refresh();
    Wakeup wakeup(state->io);
    state->waiting.push_back(wakeup);
    co_await wakeup.wait();
    if (state->failure) {
        co_return *state->failure;
    }
    if (refused && same_credentials(*state->current, *refused)) {
        co_return CredentialFailure(
            false,
            fmt::format(
                "AWS rejected the credentials from {} as expired, and the source has no newer ones",
                refused->source));
    }
    co_return state->current;
}

}  // namespace keyferry::io
