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
/// Callers wait for new credentials if less than this time is left before the current ones expire,
/// or less than a tenth of their lifetime if that is shorter, because requests take time and clocks
/// differ.
constexpr milliseconds kExpiryMarginMax{60'000};
/// Delay after a refresh that did not return usable credentials. Starts at the minimum and doubles
/// with each further such refresh.
constexpr milliseconds kRetryDelayMin{1'000};
constexpr milliseconds kRetryDelayMax{30'000};

bool same_credentials(const Credentials& a, const Credentials& b) {
    const auto token = [](const Credentials& of) {
        return of.session_token ? of.session_token->reveal() : std::string_view();
    };
    return a.access_key_id == b.access_key_id &&
           a.secret_access_key.reveal() == b.secret_access_key.reveal() && token(a) == token(b);
}

}  // namespace

/// Shared with the refresh in progress and its waiters, because an io_context destroys pending
/// coroutines last.
struct CachedCredentialsProvider::State : std::enable_shared_from_this<State> {
    State(asio::io_context& io_, Clock& clock_, Find find_, ClockCorrection correction_)
        : io(io_), clock(clock_), find(std::move(find_)), correction(std::move(correction_)) {}

    /// AWS's time if it is known; otherwise, the local time.
    WallTime now() const {
        return clock.wall_now() + (correction ? correction() : std::chrono::seconds(0));
    }
    bool has_unrefused() const { return current && !is_refused; }
    /// After a failed refresh, the current credentials are used until AWS rejects them.
    bool can_sign() const {
        return has_unrefused() && (failure || !wait_from || now() < *wait_from);
    }
    bool may_refresh() const { return !is_refreshing && clock.now() >= next_attempt; }

    void note_refused(const Credentials& refused);
    void start_refresh();
    void refreshed(CredentialsOutcome outcome);
    void take(Credentials taken);
    /// Why there are no credentials to sign with.
    CredentialFailure reason() const;

    asio::io_context& io;
    Clock& clock;
    Find find;
    ClockCorrection correction;
    std::shared_ptr<const Credentials> current;
    bool is_refused = false;                   ///< AWS has rejected `current` as expired
    std::optional<CredentialFailure> failure;  ///< the failure of the last refresh
    std::optional<WallTime> refresh_at;        ///< on AWS's clock; not set if the credentials do
                                               ///< not expire
    std::optional<WallTime> wait_from;         ///< from this time on, callers wait for a refresh
    Moment next_attempt{};                     ///< no refresh starts before this time
    int failures = 0;                          ///< consecutive refreshes without usable credentials
    bool is_refreshing = false;
    WakeupQueue waiting;
};

void CachedCredentialsProvider::State::note_refused(const Credentials& refused) {
    is_refused = is_refused || (current && same_credentials(*current, refused));
}

void CachedCredentialsProvider::State::start_refresh() {
    is_refreshing = true;
    // Runs independently of the caller, which may be cancelled while others are still waiting.
    asio::co_spawn(
        io,
        find(),
        [self = shared_from_this()](const std::exception_ptr& error, CredentialsOutcome outcome) {
            self->is_refreshing = false;
            if (error) {
                outcome = CredentialFailure(true, "unexpected error while resolving credentials");
            }
            self->refreshed(std::move(outcome));
            while (!self->waiting.empty()) {
                self->waiting.front().wake();
            }
        });
}

void CachedCredentialsProvider::State::refreshed(CredentialsOutcome outcome) {
    if (outcome && !(is_refused && same_credentials(*outcome, *current))) {
        take(std::move(*outcome));
        return;
    }
    failure =
        outcome ? CredentialFailure(false, "the source has no newer credentials") : outcome.error();
    milliseconds delay = kRetryDelayMin;
    for (int before = 0; before < failures && delay < kRetryDelayMax; ++before) {
        delay *= 2;
    }
    if (has_unrefused() && wait_from) {  // not urgent while the current credentials are valid
        delay = std::max(delay, std::chrono::floor<milliseconds>(*wait_from - now()) / 5);
    }
    ++failures;
    next_attempt = clock.now() + std::min(delay, kRetryDelayMax);
}

void CachedCredentialsProvider::State::take(Credentials taken) {
    const bool is_new =
        !current || !same_credentials(taken, *current) || taken.expires_at != current->expires_at;
    const milliseconds life = taken.expires_at
                                  ? std::chrono::floor<milliseconds>(*taken.expires_at - now())
                                  : milliseconds(0);
    if (is_new && life > milliseconds(0)) {
        refresh_at = *taken.expires_at - std::min(kRefreshAheadMax, life / 3);
        wait_from = *taken.expires_at - std::min(kExpiryMarginMax, life / 10);
    } else {  // the same credentials, or credentials that never expire or have expired according to
              // the local clock
        refresh_at = taken.expires_at ? std::optional(now() + kRetryDelayMax) : std::nullopt;
        if (is_new || (wait_from && now() >= *wait_from)) {
            wait_from.reset();
        }
    }
    // If a source provides only expired credentials, it is not queried for every call.
    const bool is_expired = taken.expires_at && life <= milliseconds(0);
    next_attempt = clock.now() + (is_refused && is_expired ? kRetryDelayMax : milliseconds(0));
    is_refused = false;
    failure.reset();
    failures = 0;
    current = std::make_shared<const Credentials>(std::move(taken));
}

CredentialFailure CachedCredentialsProvider::State::reason() const {
    if (!is_refused) {
        return *failure;
    }
    std::string text = fmt::format(
        "AWS rejected the credentials from {} as expired{}",
        current->source,
        current->expires_at ? fmt::format(" (valid until {})", amz_date(*current->expires_at))
                            : "");
    if (failure) {
        return CredentialFailure(failure->retryable, text + "; " + failure->text);
    }
    return CredentialFailure(true, text + "; the source is queried again within 30 s");
}

CachedCredentialsProvider::CachedCredentialsProvider(asio::io_context& io,
                                                     Clock& clock,
                                                     Find find,
                                                     ClockCorrection correction)
    : state_(std::make_shared<State>(io, clock, std::move(find), std::move(correction))) {}

CachedCredentialsProvider::~CachedCredentialsProvider() = default;

std::shared_ptr<const Credentials> CachedCredentialsProvider::current() {
    if (!state_->can_sign()) {
        return nullptr;
    }
    const bool is_due = state_->refresh_at && state_->now() >= *state_->refresh_at;
    if (is_due && state_->may_refresh()) {
        state_->start_refresh();
    }
    return state_->current;
}

asio::awaitable<SharedCredentials> CachedCredentialsProvider::refresh(
    std::shared_ptr<const Credentials> refused) {
    const std::shared_ptr<State> state = state_;
    if (refused) {
        state->note_refused(*refused);
    }
    if (state->can_sign()) {
        co_return state->current;  // perhaps already refreshed by another caller
    }
    if (state->is_refreshing || state->may_refresh()) {
        if (!state->is_refreshing) {
            state->start_refresh();
        }
        Wakeup wakeup(state->io);
        state->waiting.push_back(wakeup);
        co_await wakeup.wait();
    }
    if (state->has_unrefused()) {
        co_return state->current;
    }
    co_return state->reason();
}

}  // namespace keyferry::io
