// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/flow_control.hpp"
#include "engine/journal/read/replay.hpp"
#include "engine/lanes/lane_table.hpp"
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
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace keyferry::cli {

/// The KMS that a command uses: AWS KMS, another endpoint, or the built-in simulator. The choice
/// between real and simulated KMS is made only here.
class KmsAccess {
  public:
    KmsAccess() = default;
    KmsAccess(const KmsAccess&) = delete;
    KmsAccess& operator=(const KmsAccess&) = delete;
    virtual ~KmsAccess() = default;

    virtual io::KmsClient& client() = 0;

    /// The quota usage that all steps of the command share.
    engine::QuotaUse& quota_use() noexcept { return quota_use_; }

    /// The endpoint and the source of the credentials, for a message to the user. Contains no
    /// secrets.
    [[nodiscard]] virtual std::string description() const = 0;

    /// ARNs of the callers that open_kms() has identified, by account.
    [[nodiscard]] virtual std::map<io::AccountId, std::string> callers() const { return {}; }
    /// The same ARNs on one line.
    [[nodiscard]] std::string caller_arns() const;

    /// The accounts that open_kms() has refused, with the reason as text for users. No calls are
    /// sent for their keys.
    [[nodiscard]] virtual const std::map<io::AccountId, std::string>& refused_accounts() const {
        static const std::map<io::AccountId, std::string> kNone;
        return kNone;
    }

    /// Whether the news is about an account that open_kms() has refused and reported.
    [[nodiscard]] bool is_refused(const engine::ScopeNews& news) const {
        return news.scope == engine::FailureScope::account &&
               refused_accounts().contains(news.place.account);
    }

    /// The endpoint and the callers, for the journal of a run. A rerun must call the same KMS,
    /// since the replicas that an emulator reports may not exist in AWS.
    [[nodiscard]] virtual engine::JournalAccess journal_access() const { return {}; }

    /// The identity of the caller, if known, for the preflight line "identity". Contains no
    /// secrets.
    [[nodiscard]] virtual std::string identity() const { return description(); }

    /// Requests the opt-in status of the account's Regions. Returns nullopt if the caller lacks the
    /// permission or if there is no Account Management endpoint. `now` is the signing time. This
    /// object must outlive the call.
    virtual boost::asio::awaitable<std::optional<io::RegionOptIns>> region_opt_ins(
        std::chrono::sys_seconds now);

    /// True for the built-in simulator only.
    [[nodiscard]] virtual bool is_simulated() const = 0;

    /// Adds the plan's primaries, or example keys for groups that select keys (example_keys.hpp),
    /// to the built-in simulator. Does nothing for real KMS.
    virtual void fill(const planner::Plan& plan) = 0;
    virtual void fill(const planner::FleetSpec& fleet) = 0;

    /// Creates the replicas of an earlier run in the built-in simulator. Does nothing for real KMS.
    virtual void restore(const planner::Plan& plan, const engine::JournalReplay& replay) = 0;

  private:
    engine::QuotaUse quota_use_;
};

/// Finds the credentials of every account of `scope` and verifies that they belong to the account,
/// or creates a simulator without keys. With a custom KMS endpoint, the verification is skipped
/// unless the environment also sets an STS endpoint. Accounts whose credentials are missing,
/// refused or of another account are logged and left out (KmsAccess::refused_accounts); it is an
/// error if this applies to every account. Throws CommandError with exit_usage for an invalid
/// setting such as an endpoint, and with exit_permission if no account is left; throws UsageError
/// for invalid simulator options. Runs `io`, which can be run again afterwards; `io` and `clock`
/// must outlive the result.
[[nodiscard]] std::unique_ptr<KmsAccess> open_kms(const KmsOptions& options,
                                                  const FleetScope& scope,
                                                  boost::asio::io_context& io,
                                                  io::Clock& clock);

}  // namespace keyferry::cli
