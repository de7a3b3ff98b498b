// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/preflight.hpp"

#include "engine/journal/read/open.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "tools/keyferry/fleet/opt_in_session.hpp"
#include "tools/keyferry/run/preflight_screen.hpp"
#include "tools/keyferry/run/region_probe.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

/// Counts the keys for which KMS has responded. Keys without a response count only in no_response.
PreflightKeys count_keys(const planner::ReviewedPlan& reviewed,
                         const planner::Inventory& inventory) {
    PreflightKeys keys;
    std::map<planner::ActionReason, std::uint64_t> blocked;
    std::map<planner::ActionReason, std::uint64_t> uncertain;
    std::map<planner::ActionReason, std::uint64_t> unusable;
    std::uint32_t last = ~std::uint32_t{0};  // not a valid index
    std::uint32_t last_blocked = last;
    for (planner::JobIndex job = 0; job < reviewed.plan.jobs.size(); ++job) {
        const std::uint32_t key = reviewed.plan.jobs[job].key;
        const bool is_first = std::exchange(last, key) != key;
        const planner::LookupStatus lookup = inventory.keys[key].lookup;
        if (lookup == planner::LookupStatus::not_requested ||
            lookup == planner::LookupStatus::no_response) {
            keys.no_response += is_first && lookup == planner::LookupStatus::no_response ? 1 : 0;
            continue;
        }
        const planner::JobVerdict& verdict = reviewed.review.verdicts[job];
        keys.checked += is_first ? 1 : 0;
        switch (verdict.action) {
            case planner::JobAction::create:
                ++keys.to_create;
                break;
            case planner::JobAction::exists:
            case planner::JobAction::sync:
                ++keys.existing;
                break;
            case planner::JobAction::unusable:
                ++unusable[verdict.reason];
                break;
            case planner::JobAction::blocked:
                if (verdict.reason == planner::ActionReason::not_in_saved_plan) {
                    ++keys.not_in_saved_plan;
                } else if (std::exchange(last_blocked, key) != key) {
                    ++(planner::may_be_created(verdict) ? uncertain : blocked)[verdict.reason];
                }
                break;
        }
    }
    keys.blocked.assign(blocked.begin(), blocked.end());
    keys.uncertain.assign(uncertain.begin(), uncertain.end());
    keys.unusable.assign(unusable.begin(), unusable.end());
    return keys;
}

std::optional<std::uint64_t> free_bytes_at(const std::string& path) {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space(path, error);
    return error ? std::nullopt : std::optional<std::uint64_t>(space.available);
}

/// Returns the error if every Region rejects the caller, so that no call can succeed; otherwise an
/// empty string.
std::string common_refusal(const std::vector<RegionProbe>& probes) {
    const bool all_refuse = std::all_of(probes.begin(), probes.end(), [](const RegionProbe& probe) {
        return probe.result == ProbeResult::rejects;
    });
    return all_refuse && !probes.empty() ? probes.front().message : std::string();
}

/// Requests the account's opt-in status if it may explain why a Region rejects the caller.
std::optional<io::RegionOptIns> find_opt_ins(const std::vector<RegionProbe>& probes,
                                             KmsSession& session) {
    const bool may_explain = std::any_of(probes.begin(), probes.end(), [](const auto& probe) {
        return probe.result == ProbeResult::rejects && io::is_opt_in_region(probe.place.region);
    });
    if (!may_explain) {
        return std::nullopt;
    }
    std::chrono::milliseconds ahead{0};
    for (const RegionProbe& probe : probes) {
        ahead = probe.kms_ahead.value_or(ahead);
    }
    return ask_opt_ins(session, ahead);
}

/// Checks the identity and the Regions. Returns whether any Region responds.
bool check_regions(const planner::Plan& plan, KmsSession& session, PreflightFacts& facts) {
    KmsAccess& kms = session.kms();
    facts.identity = kms.identity();
    facts.regions = probe_regions(plan, kms.client(), session.io(), session.clock());
    std::erase_if(facts.regions, [&](const RegionProbe& probe) {
        return kms.refused_accounts().contains(probe.place.account);  // already reported
    });
    if (std::string refusal = common_refusal(facts.regions); !refusal.empty()) {
        throw KmsRefusal(std::move(refusal));
    }
    facts.opt_ins = find_opt_ins(facts.regions, session);
    return std::any_of(facts.regions.begin(), facts.regions.end(), [](const RegionProbe& probe) {
        return probe.result == ProbeResult::responds;
    });
}

}  // namespace

void preflight(Fleet& fleet, const PreflightContext& context, KmsSession& session) {
    const planner::Plan& plan = fleet.plan;
    PreflightFacts facts;
    const bool any_responds = context.is_quiet || check_regions(plan, session, facts);
    std::optional<planner::Inventory> surveyed;
    if (!fleet.inventory && any_responds) {
        surveyed = survey_kms(plan, fleet.found, session, {.outage_wait = OutageWait::briefly});
    }
    const planner::Inventory* const inventory = fleet.inventory ? &*fleet.inventory
                                                : surveyed      ? &*surveyed
                                                                : nullptr;
    fleet.review = inventory == nullptr ? planner::unsurveyed_review(plan)
                                        : planner::compare_with_inventory(plan, *inventory);
    if (fleet.saved_review) {
        planner::restrict_to_saved(fleet.review, *fleet.saved_review);
    }
    if (context.is_quiet) {
        return;
    }
    if (inventory != nullptr) {
        facts.keys = count_keys(fleet, *inventory);
    } else {
        facts.keys_not_checked = "no Region responds";
    }
    planner::add_policy_findings(fleet, facts.policies);
    facts.journal_bytes = context.jobs_left * engine::kReservedBytesPerJob;
    facts.free_bytes = free_bytes_at(context.journal);
    if (session.style() == ProgressStyle::json) {
        show_progress(session.style(), preflight_json(facts));
    } else {
        log_message(preflight_text(facts));
    }
}

}  // namespace keyferry::cli
