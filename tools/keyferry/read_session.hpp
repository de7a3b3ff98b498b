#pragma once

#include "engine/read_calls.hpp"
#include "tools/keyferry/kms_access.hpp"
#include "tools/keyferry/progress_line.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>

namespace keyferry {

/// Read-only calls of a command, from the first to the last, with progress on standard error. The
/// first SIGINT or SIGTERM ends them.
class ReadSession {
  public:
    /// All arguments must outlive this.
    ReadSession(const RunSettings& settings,
                KmsAccess& kms,
                boost::asio::io_context& io,
                Clock& clock,
                ProgressStyle style);

    ReadCalls& reads() noexcept { return reads_; }

    /// Runs `work`, which makes its calls through reads(), and so `io`, which can be run again
    /// afterwards. `progress` says how far it is, as JSON or for people. exit_done, or why not all
    /// was asked, which has been told; rethrows what `work` threw.
    int run(const std::function<boost::asio::awaitable<void>()>& work,
            const std::function<std::string(bool as_json)>& progress);

  private:
    boost::asio::io_context& io_;
    Clock& clock_;
    ReadCalls reads_;
    ProgressStyle style_;
};

}  // namespace keyferry
