// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/call_session.hpp"

#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/scope_note.hpp"
#include "tools/keyferry/terminal/stop_signals.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <random>
#include <utility>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

/// Shows progress at regular intervals until destroyed.
class ProgressTicker : public std::enable_shared_from_this<ProgressTicker> {
  public:
    ProgressTicker(io::Clock& clock, ProgressStyle style, std::function<std::string(bool)> progress)
        : clock_(clock), style_(style), progress_(std::move(progress)) {}

    void tick_later() {
        if (style_ == ProgressStyle::none) {
            return;
        }
        // The last sleep may outlive the session.
        clock_.sleep_until(clock_.now() + progress_interval(style_),
                           [weak = weak_from_this()](boost::system::error_code error) {
                               const auto self = weak.lock();
                               if (error || !self) {
                                   return;
                               }
                               const bool as_json = self->style_ == ProgressStyle::json;
                               show_progress(self->style_, self->progress_(as_json));
                               self->tick_later();
                           });
    }

  private:
    io::Clock& clock_;
    ProgressStyle style_;
    std::function<std::string(bool)> progress_;
};

/// How long the session waits for an endpoint. nullopt: as long as a run waits.
std::optional<std::chrono::milliseconds> park_max_of(const planner::RunSettings& settings,
                                                     OutageWait outage_wait) {
    constexpr std::chrono::milliseconds kBriefly{30'000};
    return outage_wait == OutageWait::briefly
               ? std::optional(std::min(settings.wait.park_timeout, kBriefly))
               : std::nullopt;
}

}  // namespace

CallSession::CallSession(const planner::RunSettings& settings,
                         KmsSession& session,
                         OutageWait outage_wait)
    : session_(session),
      calls_(settings,
             session.kms().client(),
             session.clock(),
             session.io().get_executor(),
             std::random_device{}(),
             park_max_of(settings, outage_wait)) {
    calls_.share_quota_use(session.kms().quota_use());
    calls_.share_outages(session.outages());
    if (!session.kms().refused_accounts().empty()) {
        calls_.expect_other_accounts();
    }
}

void CallSession::run(const std::function<asio::awaitable<void>()>& work,
                      const std::function<std::string(bool as_json)>& progress) {
    asio::io_context& io = session_.io();
    const ProgressStyle style = session_.style();
    const GracefulStop signals(
        io, [this] { calls_.stop(); }, style, "stopped immediately; nothing was changed");
    calls_.on_scope_news([this, style](const engine::ScopeNews& news) {
        if (!session_.kms().is_refused(news)) {  // already reported when KMS was opened
            show_scope_news(style, news);
        }
    });
    const auto ticker = std::make_shared<ProgressTicker>(session_.clock(), style, progress);
    ticker->tick_later();
    std::exception_ptr thrown;
    asio::co_spawn(io, work(), [&](std::exception_ptr error) {
        thrown = std::move(error);
        io.stop();
    });
    io.run();
    io.restart();
    end_progress(style);
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    if (!calls_.refusal().empty()) {
        throw KmsRefusal(calls_.refusal());
    }
    if (signals.requested()) {
        throw CommandError(exit_interrupted, "stopped; nothing was changed");
    }
}

}  // namespace keyferry::cli
