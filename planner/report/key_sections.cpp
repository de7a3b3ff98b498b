// SPDX-License-Identifier: Apache-2.0
#include "planner/report/key_sections.hpp"

#include "planner/report/check_report.hpp"
#include "planner/summary/plan_summary.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr auto kLeft = TextTable::Align::left;
constexpr std::size_t kValueCharactersMax = 78;

/// The jobs of a key, which are consecutive.
struct JobRange {
    JobIndex begin = 0;
    JobIndex end = 0;
};

JobRange jobs_of(const Plan& plan, std::uint32_t key) {
    const auto [begin, end] = std::equal_range(
        plan.jobs.begin(), plan.jobs.end(), Job{key, 0}, [](const Job& one, const Job& other) {
            return one.key < other.key;
        });
    return {static_cast<JobIndex>(begin - plan.jobs.begin()),
            static_cast<JobIndex>(end - plan.jobs.begin())};
}

std::vector<std::string> regions_of(const Plan& plan, std::uint32_t key) {
    std::vector<std::string> names;
    const JobRange jobs = jobs_of(plan, key);
    for (JobIndex job = jobs.begin; job < jobs.end; ++job) {
        names.push_back(plan.regions[plan.jobs[job].region].name());
    }
    return names;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

std::string policy_text(const ReplicaParameters& parameters) {
    std::string text(policy_kind(parameters));
    if (parameters.policy) {
        text += fmt::format(", {} bytes", with_thousands(parameters.policy->size()));
    }
    return parameters.bypass_policy_lockout_safety_check.value_or(false)
               ? text + ", lockout safety check bypassed"
               : text;
}

std::string tags_text(const ReplicaParameters& parameters) {
    std::vector<std::string> tags;
    for (const io::Tag& tag : parameters.tags) {
        tags.push_back(tag.key + "=" + tag.value);
    }
    return parameters.copied.tags ? "copy" : tags.empty() ? "none" : joined(tags);
}

std::string state_text(const KeyDescription& description) {
    if (description.lookup != LookupStatus::found) {
        return std::string(name_of(description.lookup));
    }
    const io::KeyMetadata& metadata = description.metadata;
    if (!metadata.key_state) {
        return "unknown";
    }
    return *metadata.key_state == io::KeyState::other ? metadata.unknown_key_state
                                                      : std::string(name_of(*metadata.key_state));
}

/// "PRIMARY", "REPLICA", "single-Region", or empty if KMS did not describe the key.
std::string role_text(const KeyDescription& description) {
    const io::KeyMetadata& metadata = description.metadata;
    if (description.lookup != LookupStatus::found) {
        return "";
    }
    return metadata.multi_region_configuration
               ? std::string(name_of(metadata.multi_region_configuration->type))
               : "single-Region";
}

/// The job of the key in the Region, if the spec defines a replica there.
std::optional<JobIndex> job_in(const Plan& plan, std::uint32_t key, const std::string& region) {
    const JobRange jobs = jobs_of(plan, key);
    for (JobIndex job = jobs.begin; job < jobs.end; ++job) {
        if (plan.regions[plan.jobs[job].region].name() == region) {
            return job;
        }
    }
    return std::nullopt;
}

ReplicaProblem problem_of(const CheckedKey& checked, JobIndex job) {
    return {checked.statuses.at(job), checked.reviewed.review.verdicts.at(job).reason};
}

bool is_as_specified(const ReplicaProblem& problem) {
    return problem.status == ReplicaStatus::as_specified;
}

std::string status_text(const CheckedKey& checked, std::optional<JobIndex> job) {
    if (!job) {
        return "primary";
    }
    const ReplicaProblem problem = problem_of(checked, *job);
    return is_as_specified(problem)
               ? std::string(name_of(problem.status))
               : label_of(problem) + detail_text(checked.reviewed.review, *job);
}

}  // namespace

ReportSection key_settings_section(const Plan& plan, std::uint32_t key) {
    const PlannedGroup& group = plan.groups.at(plan.keys.at(key).group);
    const ReplicaParameters& parameters = group.parameters;
    const std::vector<std::string>& aliases = parameters.aliases.templates;
    ReportTable table;
    table.caption = "What the spec sets for the replicas of this key";
    table.columns = {{"setting"}, {"value", kLeft, kValueCharactersMax}};
    table.rows = {
        {"primary", stated_arn(plan, key).text()},
        {"group", group.name},
        {"Regions", joined(regions_of(plan, key))},
        {"policy", policy_text(parameters)},
        {"tags", tags_text(parameters)},
        {"description",
         parameters.copied.description ? "copy" : parameters.description.value_or("none")},
        {"aliases",
         parameters.aliases.copied ? "copy"
         : aliases.empty()         ? "none"
                                   : joined(aliases)},
        {"enabled", std::string(name_of(parameters.enabled))}};
    return {"spec", "In the fleet spec", {std::move(table)}};
}

ReportSection key_state_section(const CheckedKey& checked, std::uint32_t key) {
    ReportTable table;
    table.caption = "The key in KMS by Region";
    table.columns = {{"Region"}, {"role"}, {"state"}, {"origin"}, {"check", kLeft, 60}};
    std::vector<ReportBlock> notes;
    std::vector<std::string_view> advised;
    for (const KeyDescription& description : checked.descriptions) {
        const std::optional<JobIndex> job = job_in(checked.reviewed.plan, key, description.region);
        table.rows.push_back({description.region,
                              role_text(description),
                              state_text(description),
                              description.metadata.origin.value_or(""),
                              status_text(checked, job)});
        if (!description.failure.empty() && description.lookup != LookupStatus::absent) {
            notes.emplace_back(
                ReportProse{fmt::format("{}: {}", description.region, description.failure)});
        }
        if (!job || is_as_specified(problem_of(checked, *job))) {
            continue;
        }
        const std::string_view advice = advice_on(problem_of(checked, *job));
        if (std::find(advised.begin(), advised.end(), advice) == advised.end()) {
            advised.push_back(advice);
            notes.emplace_back(ReportProse{fmt::format("What to do: {}", advice)});
        }
    }
    const auto moved = checked.reviewed.review.moved_to.find(key);
    if (moved != checked.reviewed.review.moved_to.end()) {
        notes.emplace_back(ReportProse{"The primary is now in " + moved->second + "."});
    }
    ReportSection section{"kms", "In KMS", {std::move(table)}};
    std::move(notes.begin(), notes.end(), std::back_inserter(section.blocks));
    return section;
}

boost::json::object key_settings_json(const Plan& plan, std::uint32_t key) {
    const PlannedGroup& group = plan.groups.at(plan.keys.at(key).group);
    const ReplicaParameters& parameters = group.parameters;
    const std::vector<std::string> regions = regions_of(plan, key);
    boost::json::object object;
    object["primary"] = stated_arn(plan, key).text();
    object["group"] = group.name;
    object["regions"] = boost::json::array(regions.begin(), regions.end());
    object["policy"] = policy_kind(parameters);
    object["policy_bytes"] = parameters.policy ? parameters.policy->size() : 0;
    boost::json::object& tags = object["tags"].emplace_object();
    for (const io::Tag& tag : parameters.tags) {
        tags[tag.key] = tag.value;
    }
    object["description"] =
        parameters.description ? boost::json::value(*parameters.description) : nullptr;
    object["enabled"] = name_of(parameters.enabled);
    object["aliases"] = boost::json::array(parameters.aliases.templates.begin(),
                                           parameters.aliases.templates.end());
    boost::json::array& copied = object["copied"].emplace_array();
    for (const auto& [is_copied, name] : {std::pair(parameters.copied.policy, "policy"),
                                          std::pair(parameters.copied.description, "description"),
                                          std::pair(parameters.copied.tags, "tags"),
                                          std::pair(parameters.aliases.copied, "aliases")}) {
        if (is_copied) {
            copied.emplace_back(name);
        }
    }
    object["bypass_policy_lockout_safety_check"] =
        parameters.bypass_policy_lockout_safety_check.value_or(false);
    return object;
}

boost::json::array key_state_json(const CheckedKey& checked, std::uint32_t key) {
    const auto number_or_null = [](const std::optional<double>& epoch_s) {
        return epoch_s ? boost::json::value(static_cast<std::int64_t>(*epoch_s)) : nullptr;
    };
    boost::json::array regions;
    for (const KeyDescription& description : checked.descriptions) {
        const io::KeyMetadata& metadata = description.metadata;
        const bool is_found = description.lookup == LookupStatus::found;
        boost::json::object object;
        object["region"] = description.region;
        object["lookup"] = name_of(description.lookup);
        object["failure"] = description.failure;
        object["role"] = role_text(description);
        object["state"] = is_found ? state_text(description) : "";
        object["origin"] = metadata.origin.value_or("");
        object["key_spec"] = metadata.key_spec.value_or("");
        object["creation_date_s"] = number_or_null(metadata.creation_date_s);
        object["deletion_date_s"] = number_or_null(metadata.deletion_date_s);
        if (const std::optional<JobIndex> job =
                job_in(checked.reviewed.plan, key, description.region)) {
            const ReplicaProblem problem = problem_of(checked, *job);
            object["status"] = name_of(problem.status);
            object["reason"] = name_of(problem.reason);
            boost::json::array& differs = object["differs"].emplace_array();
            for (const SyncStep step : kSyncSteps) {
                if ((checked.reviewed.review.verdicts[*job].steps & step) != 0) {
                    differs.emplace_back(name_of(step));
                }
            }
            object["advice"] = is_as_specified(problem) ? "" : advice_on(problem);
        }
        regions.push_back(std::move(object));
    }
    return regions;
}

}  // namespace keyferry::planner
