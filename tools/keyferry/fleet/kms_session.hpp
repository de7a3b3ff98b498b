// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/flow_control.hpp"
#include "io/clock/steady_clock.hpp"
#include "tools/keyferry/access/fleet_scope.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/options/kms_options.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <utility>

namespace keyferry::cli {

/// The KMS that a command uses, with the event loop and the clock of its calls and the style of
/// their progress.
class KmsSession {
  public:
    KmsSession(KmsOptions options, ProgressStyle style)
        : options_(std::move(options)), style_(style) {}

    /// Finds and checks the credentials of the accounts of `scope` (see open_kms()). Does nothing
    /// if KMS is already open. Throws CommandError.
    void open(const FleetScope& scope);
    /// Uses `kms`, for tests.
    void open(std::unique_ptr<KmsAccess> kms) { kms_ = std::move(kms); }

    /// open() must have been called.
    [[nodiscard]] KmsAccess& kms() const;

    boost::asio::io_context& io() noexcept { return io_; }
    io::Clock& clock() noexcept { return clock_; }
    [[nodiscard]] ProgressStyle style() const noexcept { return style_; }

    /// The endpoints that did not respond to a step of the command, so that no later step waits for
    /// them again.
    engine::Outages& outages() noexcept { return outages_; }

  private:
    KmsOptions options_;
    ProgressStyle style_;
    boost::asio::io_context io_{1};
    io::SteadyClock clock_{io_};
    std::unique_ptr<KmsAccess> kms_;
    engine::Outages outages_;
};

}  // namespace keyferry::cli
