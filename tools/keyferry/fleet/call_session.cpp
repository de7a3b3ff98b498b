// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/call_session.hpp"

#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
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
                         KmsAccess& kms,
                         asio::io_context& io,
                         io::Clock& clock,
                         ProgressStyle style,
                         OutageWait outage_wait)
    : kms_(kms),
      io_(io),
      clock_(clock),
      calls_(settings,
             kms.client(),
             clock,
             io.get_executor(),
             std::random_device{}(),
             park_max_of(settings, outage_wait)),
      style_(style) {
    calls_.share_quota_use(kms.quota_use());
    if (!kms.refused_accounts().empty()) {
        calls_.expect_other_accounts();
    }
}

int CallSession::run(const std::function<asio::awaitable<void>()>& work,
                     const std::function<std::string(bool as_json)>& progress) {
    const GracefulStop signals(
        io_, [this] { calls_.stop(); }, style_, "stopped at once; nothing was changed");
    calls_.on_scope_news([this](const engine::ScopeNews& news) {
        if (!kms_.is_refused(news)) {  // already reported when KMS was opened
            show_scope_news(style_, news);
        }
    });
    const auto ticker = std::make_shared<ProgressTicker>(clock_, style_, progress);
    ticker->tick_later();
    std::exception_ptr thrown;
    asio::co_spawn(io_, work(), [&](std::exception_ptr error) {
        thrown = std::move(error);
        io_.stop();
    });
    io_.run();
    io_.restart();
    end_progress(style_);
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    if (!calls_.refusal().empty()) {
        log_error("stopped because KMS would refuse every call: " + calls_.refusal());
        log_message(
            "fix the credentials or the clock, then run the command again; plan --offline makes no "
            "AWS calls");
        return exit_permission;
    }
    if (signals.requested()) {
        log_error("stopped; nothing was changed");
        return exit_interrupted;
    }
    return exit_done;
}

}  // namespace keyferry::cli
