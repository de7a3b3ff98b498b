// SPDX-License-Identifier: Apache-2.0
#include "planner/report/check_report.hpp"

#include "planner/report/plan_facts.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace keyferry::planner {

namespace {

/// Number of replicas by Region, in the order of the plan's Regions.
std::map<std::uint32_t, std::uint64_t> count_by_region(const Plan& plan,
                                                       const ReplicaProblem& problem) {
    std::map<std::uint32_t, std::uint64_t> counts;
    for (const JobIndex job : problem.jobs) {
        ++counts[plan.jobs[job].region];
    }
    return counts;
}

/// "956 of 1,200 replicas exist, are usable and match the spec."
std::string answer_text(const ReplicaCheck& check) {
    const std::string_view end = check.replicas == 1 ? "exists, is usable and matches the spec"
                                                     : "exist, are usable and match the spec";
    return check.as_specified == check.replicas && check.replicas != 1
               ? fmt::format("All {} replicas {}.", with_thousands(check.replicas), end)
               : fmt::format("{} of {} {}.",
                             with_thousands(check.as_specified),
                             counted(check.replicas, "replica"),
                             end);
}

/// Returns a sentence about the keys that are not part of the plan; empty if there are none.
std::string unchecked_keys_text(const UncheckedKeyCounts& keys) {
    if (keys.denied + keys.no_response == 0) {
        return "";
    }
    return fmt::format(
        "{} that groups may select could not be checked ({} denied, {} without a response) and {} "
        "not included.",
        counted(keys.denied + keys.no_response, "multi-Region key"),
        with_thousands(keys.denied),
        with_thousands(keys.no_response),
        keys.denied + keys.no_response == 1 ? "is" : "are");
}

/// Describes the keys whose primaries are outside their groups' Regions and lists the first of
/// them; empty if there are none.
std::string elsewhere_text(const std::vector<KeyElsewhere>& keys) {
    if (keys.empty()) {
        return "";
    }
    std::string text = wrapped(
        "",
        fmt::format("{} that groups select {} not included, because {} in a Region that is neither "
                    "in primary nor in replicate_to. Add the Region to the group, move the "
                    "primaries back, or list the keys in `except`.",
                    counted(keys.size(), "key"),
                    keys.size() == 1 ? "is" : "are",
                    keys.size() == 1 ? "its primary is" : "their primaries are"),
        kTextColumnsMax);
    for (std::size_t k = 0; k < std::min(keys.size(), kCheckedKeysNamedMax); ++k) {
        text += fmt::format("  {}\n", keys[k].primary.text());
    }
    if (keys.size() > kCheckedKeysNamedMax) {
        text += fmt::format("  and {}\n", counted(keys.size() - kCheckedKeysNamedMax, "more key"));
    }
    return text;
}

std::string table_text(const Plan& plan, const ReplicaCheck& check) {
    TextTable table({{"problem"}, {"Region"}, {"replicas", TextTable::Align::right}});
    for (const ReplicaProblem& problem : check.problems) {
        std::string label = label_of(problem);
        for (const auto& [region, replicas] : count_by_region(plan, problem)) {
            table.add_row(
                {std::exchange(label, ""), plan.regions[region].name(), with_thousands(replicas)});
        }
    }
    return table.text();
}

/// Returns one line for each of the first keys, with the Regions of its replicas.
std::string keys_text(const ReviewedPlan& reviewed, const ReplicaProblem& problem) {
    const Plan& plan = reviewed.plan;
    std::string text;
    std::size_t keys = 0;
    for (std::size_t begin = 0; begin < problem.jobs.size();) {
        const std::uint32_t key = plan.jobs[problem.jobs[begin]].key;
        std::string regions;
        std::size_t end = begin;
        for (; end < problem.jobs.size() && plan.jobs[problem.jobs[end]].key == key; ++end) {
            const JobIndex job = problem.jobs[end];
            regions += (regions.empty() ? "" : ", ") + plan.regions[plan.jobs[job].region].name() +
                       detail_text(reviewed.review, job);
        }
        if (++keys <= kCheckedKeysNamedMax) {
            text += fmt::format("  {}\n", plan.keys[key].primary.text());
            const auto moved = reviewed.review.moved_to.find(key);
            if (moved != reviewed.review.moved_to.end()) {
                regions += fmt::format("; primary now in {}", moved->second);
            }
            text += wrapped("    ", regions, kTextColumnsMax);
        }
        begin = end;
    }
    if (keys > kCheckedKeysNamedMax) {
        text += fmt::format("  and {}\n", counted(keys - kCheckedKeysNamedMax, "more key"));
    }
    return text;
}

std::string findings_text(const std::vector<Finding>& findings) {
    std::string text = "\nFindings\n";
    for (const Finding& finding : findings) {
        text += wrapped(
            fmt::format("  {:<10}", name_of(finding.severity)), finding.text, kTextColumnsMax);
        if (!finding.advice.empty()) {
            text += wrapped("            -> ", finding.advice, kTextColumnsMax);
        }
    }
    return text;
}

/// Returns the replica as a member of `affected`.
boost::json::object replica_object(const ReviewedPlan& reviewed, JobIndex index) {
    const PlanReview& review = reviewed.review;
    const Job& job = reviewed.plan.jobs[index];
    boost::json::object object;
    object["primary"] = reviewed.plan.keys[job.key].primary.text();
    object["replica"] = replica_arn(reviewed.plan, job).text();
    const std::uint8_t steps = review.verdicts[index].steps;
    if (steps != 0) {
        boost::json::array& names = object["differs"].emplace_array();
        for (const SyncStep step : kSyncSteps) {
            if ((steps & step) != 0) {
                names.emplace_back(name_of(step));
            }
        }
    }
    const auto date = review.deletion_dates_s.find(index);
    if (date != review.deletion_dates_s.end()) {
        object["deletion_date_s"] = static_cast<std::int64_t>(date->second);
    }
    const auto moved = review.moved_to.find(job.key);
    if (moved != review.moved_to.end()) {
        object["moved_to"] = moved->second;
    }
    return object;
}

boost::json::object problem_object(const ReviewedPlan& reviewed, const ReplicaProblem& problem) {
    boost::json::object object;
    object["status"] = name_of(problem.status);
    object["reason"] = name_of(problem.reason);
    object["replicas"] = problem.jobs.size();
    boost::json::array& regions = object["regions"].emplace_array();
    for (const auto& [region, replicas] : count_by_region(reviewed.plan, problem)) {
        regions.push_back(
            {{"region", reviewed.plan.regions[region].name()}, {"replicas", replicas}});
    }
    object["advice"] = advice_on(problem);
    boost::json::array& affected = object["affected"].emplace_array();
    for (const JobIndex job : problem.jobs) {
        affected.push_back(replica_object(reviewed, job));
    }
    return object;
}

boost::json::array findings_array(const std::vector<Finding>& findings) {
    boost::json::array array;
    for (const Finding& finding : findings) {
        boost::json::object object;
        object["severity"] = name_of(finding.severity);
        object["code"] = finding.code;
        object["affected"] = finding.affected;
        object["text"] = finding.text;
        object["advice"] = finding.advice;
        object["examples"] = boost::json::array(finding.examples.begin(), finding.examples.end());
        array.push_back(std::move(object));
    }
    return array;
}

}  // namespace

std::string detail_text(const PlanReview& review, JobIndex job) {
    // The reason already states that the state differs.
    const auto steps = static_cast<std::uint8_t>(review.verdicts[job].steps & ~sync_enabled);
    if (steps != 0) {
        return fmt::format(" ({})", steps_text(steps));
    }
    const auto date = review.deletion_dates_s.find(job);
    return date == review.deletion_dates_s.end()
               ? ""
               : fmt::format(" (deletion date {})", date_text(date->second));
}

std::string check_report_text(const ReviewedPlan& reviewed,
                              const ReplicaCheck& check,
                              const std::vector<Finding>* findings) {
    std::string text = wrapped("", answer_text(check), kTextColumnsMax);
    const std::string unchecked = unchecked_keys_text(check.unchecked_keys);
    if (!unchecked.empty()) {
        text += wrapped("", unchecked, kTextColumnsMax);
    }
    if (!check.empty_groups.empty()) {
        text += wrapped("",
                        fmt::format("No keys are selected by {}. Check the spec and whether the "
                                    "primaries have moved to another Region.",
                                    groups_text(check.empty_groups)),
                        kTextColumnsMax);
    }
    text += elsewhere_text(check.keys_elsewhere);
    if (!check.problems.empty()) {
        text += "\n" + table_text(reviewed.plan, check);
    }
    for (const ReplicaProblem& problem : check.problems) {
        text +=
            fmt::format("\n{}: {}\n", label_of(problem), counted(problem.jobs.size(), "replica"));
        text += keys_text(reviewed, problem);
        text += wrapped("  -> ", advice_on(problem), kTextColumnsMax);
    }
    if (findings != nullptr && !findings->empty()) {
        text += findings_text(*findings);
    }
    return text;
}

std::string check_report_json(const ReviewedPlan& reviewed,
                              const PlanProvenance& provenance,
                              const ReplicaCheck& check,
                              const std::vector<Finding>* findings) {
    boost::json::object object;
    object["format"] = "keyferry-check-report-1";
    object["fleet"] = reviewed.plan.fleet_name;
    object["sha256"] = reviewed.plan.sha256;
    object["provenance"] = provenance_object(provenance);
    object["verdict"] = name_of(check.verdict());
    object["keys"] = reviewed.plan.keys.size();
    object["replicas"] = check.replicas;
    object["as_specified"] = check.as_specified;
    object["unchecked_keys"] = {{"denied", check.unchecked_keys.denied},
                                {"no_response", check.unchecked_keys.no_response}};
    object["empty_groups"] =
        boost::json::array(check.empty_groups.begin(), check.empty_groups.end());
    boost::json::array& elsewhere = object["keys_elsewhere"].emplace_array();
    for (const KeyElsewhere& key : check.keys_elsewhere) {
        elsewhere.push_back({{"primary", key.primary.text()}, {"group", key.group}});
    }
    object["extra_replicas"] = reviewed.review.extras.size();
    boost::json::array& problems = object["problems"].emplace_array();
    for (const ReplicaProblem& problem : check.problems) {
        problems.push_back(problem_object(reviewed, problem));
    }
    if (findings != nullptr) {
        object["findings"] = findings_array(*findings);
    }
    return boost::json::serialize(object) + "\n";
}

}  // namespace keyferry::planner
