// SPDX-License-Identifier: Apache-2.0
#include "planner/report/plan_facts.hpp"

#include "planner/text/text_table.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

namespace keyferry::planner {

namespace {

/// Adds the ARNs of the callers, and how many accounts have none.
void add_callers(std::vector<ReportFact>& facts,
                 const ReviewedPlan& reviewed,
                 const PlanProvenance& provenance,
                 std::size_t callers_max) {
    if (!reviewed.review.is_surveyed) {
        facts.push_back({"caller", "none: offline, without calls to KMS"});
        return;
    }
    std::set<io::AccountId> unknown;
    for (const PlannedKey& key : reviewed.plan.keys) {
        if (!provenance.callers.contains(key.primary.account)) {
            unknown.insert(key.primary.account);
        }
    }
    std::size_t shown = 0;
    for (const auto& [account, arn] : provenance.callers) {
        if (++shown > callers_max) {
            break;
        }
        facts.push_back({"caller", arn});
    }
    if (provenance.callers.size() > callers_max) {
        facts.push_back({"caller",
                         fmt::format("... and {} more, in the JSON report",
                                     with_thousands(provenance.callers.size() - callers_max))});
    }
    if (!unknown.empty()) {
        facts.push_back({"caller",
                         unknown.size() == 1
                             ? "unknown for account " + unknown.begin()->digits()
                             : fmt::format("unknown for {}", counted(unknown.size(), "account"))});
    }
}

}  // namespace

std::vector<ReportFact> plan_facts(const ReviewedPlan& reviewed,
                                   const PlanProvenance& provenance,
                                   std::size_t callers_max) {
    std::vector<ReportFact> facts{{"plan sha256", reviewed.plan.sha256}};
    if (!provenance.filter.empty()) {
        facts.push_back({"part of",
                         provenance.whole_sha256.empty()
                             ? "a plan whose other keys were not searched"
                             : provenance.whole_sha256});
        facts.push_back({"filter", provenance.filter});
    }
    facts.push_back({"made", provenance.made + " by " + provenance.tool});
    add_callers(facts, reviewed, provenance, callers_max);
    facts.push_back({"spec", provenance.spec});
    facts.push_back({"spec sha256", provenance.spec_sha256});
    return facts;
}

boost::json::object provenance_object(const PlanProvenance& provenance) {
    boost::json::object object;
    object["made"] = provenance.made;
    object["tool"] = provenance.tool;
    boost::json::array& callers = object["callers"].emplace_array();
    for (const auto& [account, arn] : provenance.callers) {
        callers.push_back({{"account", account.digits()}, {"arn", arn}});
    }
    object["spec"] = provenance.spec;
    object["spec_sha256"] = provenance.spec_sha256;
    boost::json::value& part_of = object["part_of"];
    if (!provenance.filter.empty()) {
        const std::string& whole = provenance.whole_sha256;
        part_of = {{"filter", provenance.filter},
                   {"sha256", whole.empty() ? boost::json::value() : boost::json::value(whole)}};
    }
    return object;
}

}  // namespace keyferry::planner
