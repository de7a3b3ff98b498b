// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/survey_session.hpp"

#include "engine/survey/key_count.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace keyferry::cli {

namespace {

std::string survey_progress(const engine::Survey& survey, bool as_json) {
    const engine::SurveyProgress at = survey.progress();
    if (as_json) {
        return fmt::format(R"({{"survey_keys":{},"survey_keys_seen":{},"calls":{}}})",
                           at.keys,
                           at.keys_seen,
                           at.calls);
    }
    return fmt::format("checked {} of {}, {}",
                       planner::with_thousands(at.keys_seen),
                       planner::counted(at.keys, "key"),
                       planner::counted(at.calls, "call"));
}

/// Every account and Region with replicas, without duplicates.
std::vector<io::AccountRegion> replica_places(const planner::Plan& plan) {
    std::set<std::pair<io::AccountId, std::uint32_t>> numbers;
    for (const planner::Job& job : plan.jobs) {
        numbers.emplace(plan.keys[job.key].primary.account, job.region);
    }
    std::vector<io::AccountRegion> places;
    for (const auto& [account, region] : numbers) {
        places.emplace_back(account, plan.regions[region]);
    }
    return places;
}

}  // namespace

planner::Inventory survey_kms(const planner::Plan& plan,
                              const std::vector<planner::SelectedKey>& found,
                              KmsSession& session,
                              SurveyOptions options) {
    CallSession calls(plan.settings, session, options.outage_wait);
    engine::Survey survey(plan, calls.calls(), options.contents, found);
    engine::KeyCount count(calls.calls());
    if (options.counts_keys) {
        count.ask(replica_places(plan));
    }
    calls.run([&] { return survey.run(); },
              [&](bool as_json) { return survey_progress(survey, as_json); });
    planner::Inventory inventory = survey.take_inventory();
    inventory.key_counts = count.keys();
    const auto& refused_accounts = session.kms().refused_accounts();
    for (auto& [account, reason] : inventory.refused_accounts) {
        const auto refused = refused_accounts.find(account);
        reason = refused == refused_accounts.end() ? reason : refused->second;
    }
    if (!count.failure().empty()) {
        log_message("cannot count all keys: " + count.failure());
    }
    return inventory;
}

}  // namespace keyferry::cli
