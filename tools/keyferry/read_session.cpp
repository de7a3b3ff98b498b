#include "tools/keyferry/read_session.hpp"

#include "tools/keyferry/answer.hpp"
#include "tools/keyferry/exit_codes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <memory>
#include <random>
#include <utility>

namespace keyferry {

namespace asio = boost::asio;

namespace {

/// Shows progress again and again, as long as somebody holds it.
class ProgressTicker : public std::enable_shared_from_this<ProgressTicker> {
  public:
    ProgressTicker(Clock& clock, ProgressStyle style, std::function<std::string(bool)> progress)
        : clock_(clock), style_(style), progress_(std::move(progress)) {}

    void tick_later() {
        if (style_ == ProgressStyle::none) {
            return;
        }
        // The last of these sleeps outlives the session.
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
    Clock& clock_;
    ProgressStyle style_;
    std::function<std::string(bool)> progress_;
};

}  // namespace

ReadSession::ReadSession(const RunSettings& settings,
                         KmsAccess& kms,
                         asio::io_context& io,
                         Clock& clock,
                         ProgressStyle style)
    : io_(io),
      clock_(clock),
      reads_(settings, kms.client(), clock, io.get_executor(), std::random_device{}()),
      style_(style) {}

int ReadSession::run(const std::function<asio::awaitable<void>()>& work,
                     const std::function<std::string(bool as_json)>& progress) {
    bool was_interrupted = false;
    asio::signal_set signals(io_, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code error, int /*signal*/) {
        if (!error) {
            was_interrupted = true;
            reads_.stop();
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
    if (!reads_.refusal().empty()) {
        print_note("stopped, since every call would be refused: " + reads_.refusal());
        print_note("mend the credentials or the clock, then try again; plan --offline asks nobody");
        return exit_permission;
    }
    if (was_interrupted) {
        print_note("stopped; a look at KMS changes nothing, so nothing was begun");
        return exit_interrupted;
    }
    return exit_done;
}

}  // namespace keyferry
