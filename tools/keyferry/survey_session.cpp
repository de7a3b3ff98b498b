#include "tools/keyferry/survey_session.hpp"

#include "planner/text_table.hpp"
#include "tools/keyferry/answer.hpp"
#include "tools/keyferry/exit_codes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <utility>

namespace keyferry {

namespace asio = boost::asio;

namespace {

/// A survey from its first call to its end.
class SurveySession {
  public:
    SurveySession(const Plan& plan,
                  KmsAccess& kms,
                  asio::io_context& io,
                  Clock& clock,
                  ProgressStyle style,
                  ReadContents contents)
        : io_(io),
          clock_(clock),
          reads_(plan.settings, kms.client(), clock, io.get_executor(), std::random_device{}()),
          survey_(plan, reads_, contents),
          signals_(io, SIGINT, SIGTERM),
          style_(style) {}

    SurveyEnd run() {
        signals_.async_wait([this](boost::system::error_code error, int /*signal*/) {
            if (!error) {
                reads_.stop();
            }
        });
        show_progress_later();
        asio::co_spawn(io_, survey_.run(), [this](std::exception_ptr error) {
            error_ = std::move(error);
            io_.stop();
        });
        io_.run();
        io_.restart();
        end_progress(style_);
        if (error_) {
            std::rethrow_exception(error_);
        }
        return end();
    }

  private:
    SurveyEnd end() {
        SurveyEnd end;
        if (!reads_.refusal().empty()) {
            print_note("stopped, since every call would be refused: " + reads_.refusal());
            print_note("mend the credentials or the clock, or plan with --offline");
            end.exit_code = exit_permission;
        } else if (reads_.was_stopped()) {
            print_note("stopped; a survey changes nothing, so nothing was begun");
            end.exit_code = exit_interrupted;
        } else {
            end.inventory = survey_.take_inventory();
        }
        return end;
    }

    void show_progress_later() {
        if (style_ == ProgressStyle::none) {
            return;
        }
        // The last of these sleeps outlives the session.
        const std::weak_ptr<const char> alive = alive_;
        clock_.sleep_until(clock_.now() + progress_interval(style_),
                           [this, alive](boost::system::error_code error) {
                               if (error || alive.expired()) {
                                   return;
                               }
                               show_progress(style_, progress());
                               show_progress_later();
                           });
    }

    std::string progress() const {
        const SurveyProgress at = survey_.progress();
        if (style_ == ProgressStyle::json) {
            return fmt::format(R"({{"survey_keys":{},"survey_keys_seen":{},"calls":{}}})",
                               at.keys,
                               at.keys_seen,
                               at.calls);
        }
        return fmt::format("asked KMS about {} of {} keys, {} calls",
                           with_thousands(at.keys_seen),
                           with_thousands(at.keys),
                           with_thousands(at.calls));
    }

    asio::io_context& io_;
    Clock& clock_;
    ReadCalls reads_;
    Survey survey_;
    asio::signal_set signals_;
    ProgressStyle style_;
    std::exception_ptr error_;
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace

SurveyEnd survey_kms(const Plan& plan,
                     KmsAccess& kms,
                     asio::io_context& io,
                     Clock& clock,
                     ProgressStyle style,
                     ReadContents contents) {
    return SurveySession(plan, kms, io, clock, style, contents).run();
}

}  // namespace keyferry
