// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"
#include "io/account/list_regions.hpp"
#include "io/clock/clock.hpp"
#include "io/http/http_settings.hpp"
#include "io/kms/kms_client.hpp"
#include "io/names/parsed.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/plan.hpp"
#include "tools/keyferry/access/fleet_scope.hpp"
#include "tools/keyferry/options/kms_options.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace keyferry::cli {

/// The KMS that a command talks to: AWS's, one at another endpoint, or the embedded simulator.
/// The only place that chooses between real and simulated.
class KmsAccess {
  public:
    KmsAccess() = default;
    KmsAccess(const KmsAccess&) = delete;
    KmsAccess& operator=(const KmsAccess&) = delete;
    virtual ~KmsAccess() = default;

    virtual io::KmsClient& client() = 0;

    /// For a first line to the user: who is asked, and with whose credentials. No secrets.
    [[nodiscard]] virtual std::string description() const = 0;

    /// Whether the credentials are of the accounts whose keys are meant: exit_done, or the
    /// command's exit code, the reason having been told. Nothing is asked of a KMS that is not
    /// AWS's, unless the environment says where its STS is. Runs `io`, which can be run again
    /// afterwards.
    virtual int check_callers(boost::asio::io_context& io) = 0;

    /// The ARNs of those who sign, as far as check_callers() has learnt them, on one line.
    [[nodiscard]] virtual std::string callers() const = 0;

    /// Who signs, as far as that is known: for the line "identity" before a run. No secrets.
    [[nodiscard]] virtual std::string identity() const { return description(); }

    /// Which Regions the account has enabled, as far as the caller may know; nothing where it may
    /// not, or there is nobody to ask. `now` is the time to sign by. This must outlive the call.
    virtual boost::asio::awaitable<std::optional<io::RegionOptIns>> region_opt_ins(
        std::chrono::sys_seconds now);

    /// True for the embedded simulator only.
    [[nodiscard]] virtual bool is_simulated() const = 0;

    /// Puts the plan's primaries into the embedded simulator, and keys that a fleet's groups select
    /// (example_keys.hpp). Real KMS has its own.
    virtual void fill(const planner::Plan& plan) = 0;
    virtual void fill(const planner::FleetSpec& fleet) = 0;

    /// What an earlier run has made, for the embedded simulator, which ended with that run.
    virtual void restore(const planner::Plan& plan, const engine::JournalReplay& replay) = 0;
};

/// What is wrong with the options for this KMS, before anything is looked up: an endpoint that
/// cannot be used. Nothing when all is well.
[[nodiscard]] std::optional<io::ParseProblem> check_kms_options(const KmsOptions& options);

/// Finds the credentials of every account of `scope`, or makes a simulator without keys. After
/// check_kms_options. The problem's text is for the user. Runs `io`, which can be run again
/// afterwards; `io` and `clock` must outlive what is returned. Throws UsageError for bad
/// simulator options.
[[nodiscard]] io::Parsed<std::unique_ptr<KmsAccess>> open_kms(const KmsOptions& options,
                                                              const FleetScope& scope,
                                                              boost::asio::io_context& io,
                                                              io::Clock& clock);

}  // namespace keyferry::cli
