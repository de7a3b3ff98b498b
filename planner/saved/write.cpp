// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/sha256.hpp"
#include "planner/saved/saved_plan.hpp"
#include "planner/saved/saved_settings.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace keyferry::planner {
namespace {

namespace json = boost::json;

/// Writes lines to the sink, and counts and hashes them.
class LineWriter {
  public:
    explicit LineWriter(const std::function<void(std::string_view)>& sink) : sink_(sink) {}

    void write(const json::object& object) {
        const std::string line = json::serialize(object) + "\n";
        hash_.update(line);
        ++lines_;
        sink_(line);
    }
    void finish() {
        json::object end;
        end["end"] = true;
        end["lines"] = lines_ + 1;
        end["checksum"] = io::hex(hash_.finish());
        sink_(json::serialize(end) + "\n");
    }

  private:
    const std::function<void(std::string_view)>& sink_;
    io::Sha256 hash_;
    std::uint64_t lines_ = 0;
};

json::array selections_json(const Plan& plan) {
    json::array selections;
    for (const Selection& selection : plan.selections) {
        json::object object;
        object["group"] = selection.group;
        object["account"] = selection.home.account.digits();
        object["primary"] = selection.home.region.name();
        json::array& regions = object["regions"].emplace_array();
        for (const io::Region& region : selection.regions) {
            regions.push_back(json::value(region.name()));
        }
        object["aliases"] = selection.needs_aliases;
        object["tags"] = selection.needs_tags;
        object["searched"] = selection.is_resolved;
        selections.push_back(std::move(object));
    }
    return selections;
}

json::array calls_json(const std::vector<QuotaCalls>& calls) {
    json::array rows;
    for (const QuotaCalls& quota : calls) {
        json::array& row = rows.emplace_back(json::array()).get_array();
        row.push_back(json::value(quota.place.account.digits()));
        row.push_back(json::value(quota.place.region.name()));
        row.push_back(json::value(name_of(quota.api)));
        row.push_back(json::value(quota.calls));
    }
    return rows;
}

/// The distinct copied policies, in order of first appearance.
class CopiedPolicies {
  public:
    explicit CopiedPolicies(const Plan& plan) {
        for (std::uint32_t key = 0; key < plan.keys.size(); ++key) {
            const auto content = plan.contents.find(key);
            if (content != plan.contents.end() && content->second.policy != nullptr) {
                add(*content->second.policy);
            }
        }
    }
    const std::vector<const std::string*>& texts() const { return texts_; }
    std::size_t number_of(const std::string& policy) const { return numbers_.at(policy); }

  private:
    void add(const std::string& policy) {
        if (numbers_.emplace(policy, texts_.size()).second) {
            texts_.push_back(&policy);
        }
    }

    std::vector<const std::string*> texts_;
    std::unordered_map<std::string_view, std::size_t> numbers_;
};

void put_provenance(const PlanProvenance& provenance, json::object& header) {
    header["tool"] = provenance.tool;
    header["made"] = provenance.made;
    if (!provenance.callers.empty()) {
        json::object& callers = header["callers"].emplace_object();
        for (const auto& [account, arn] : provenance.callers) {
            callers[account.digits()] = arn;
        }
    }
    header["spec"] = provenance.spec;
    header["spec_sha256"] = provenance.spec_sha256;
    if (!provenance.filter.empty()) {
        header["filter"] = provenance.filter;
    }
    if (!provenance.whole_sha256.empty()) {
        header["whole_sha256"] = provenance.whole_sha256;
    }
}

json::object header_json(const SavedPlan& saved, std::size_t policies) {
    json::object header;
    header["format"] = kSavedPlanFormat;
    header["version"] = kSavedPlanVersion;
    put_provenance(saved.provenance, header);
    header["fleet"] = saved.plan.fleet_name;
    header["surveyed"] = saved.review.is_surveyed;
    header["calls"] = saved.review.calls;
    header["calls_by_quota"] = calls_json(saved.review.calls_by_quota);
    if (!saved.review.key_counts.empty()) {
        json::array& rows = header["keys_there"].emplace_array();
        for (const auto& [place, keys] : saved.review.key_counts) {
            rows.push_back(json::array{place.account.digits(), place.region.name(), keys});
        }
    }
    if (!saved.review.refused_accounts.empty()) {
        json::object& refused = header["refused_accounts"].emplace_object();
        for (const auto& [account, reason] : saved.review.refused_accounts) {
            refused[account.digits()] = reason;
        }
    }
    header["sha256"] = saved.plan.sha256;
    json::array& regions = header["regions"].emplace_array();
    for (const io::Region& region : saved.plan.regions) {
        regions.push_back(json::value(region.name()));
    }
    json::array& allowed = header["allowed_regions"].emplace_array();
    for (const std::string& pattern : saved.plan.allowed_regions) {
        allowed.push_back(json::value(pattern));
    }
    header["selections"] = selections_json(saved.plan);
    header["keys_unseen"] = saved.plan.keys_unseen;
    if (!saved.plan.keys_elsewhere.empty()) {
        json::array& keys = header["keys_elsewhere"].emplace_array();
        for (const KeyElsewhere& key : saved.plan.keys_elsewhere) {
            keys.push_back(json::array{key.primary.text(), key.group});
        }
    }
    header["groups"] = saved.plan.groups.size();
    header["policies"] = policies;
    header["keys"] = saved.plan.keys.size();
    header["jobs"] = saved.plan.jobs.size();
    header["settings"] = settings_json(saved.plan.settings);
    return header;
}

json::value text_or_null(const std::optional<std::string>& text) {
    return text ? json::value(*text) : json::value();
}

json::array tags_json(const std::vector<io::Tag>& tags) {
    json::array pairs;
    for (const io::Tag& tag : tags) {
        json::array pair;
        pair.push_back(json::value(tag.key));
        pair.push_back(json::value(tag.value));
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

json::array copied_json(const CopiedParts& copied) {
    json::array names;
    const auto add = [&](bool is_copied, std::string_view name) {
        if (is_copied) {
            names.push_back(json::value(name));
        }
    };
    add(copied.policy, "policy");
    add(copied.description, "description");
    add(copied.tags, "tags");
    return names;
}

json::object group_json(const PlannedGroup& group) {
    const ReplicaParameters& parameters = group.parameters;
    json::object object;
    object["group"] = group.name;
    object["policy"] = text_or_null(parameters.policy);
    object["policy_is_template"] = parameters.policy_is_template;
    object["bypass"] = parameters.bypass_policy_lockout_safety_check
                           ? json::value(*parameters.bypass_policy_lockout_safety_check)
                           : json::value();
    object["description"] = text_or_null(parameters.description);
    object["tags"] = tags_json(parameters.tags);
    object["copied"] = copied_json(parameters.copied);
    if (parameters.aliases.copied) {
        object["aliases"] = "copy";
    } else if (parameters.aliases.any()) {
        json::array& names = object["aliases"].emplace_array();
        for (const std::string& name : parameters.aliases.templates) {
            names.push_back(json::value(name));
        }
    }
    if (!group.primaries.empty()) {
        json::array& names = object["primaries"].emplace_array();
        for (const io::Region& region : group.primaries) {
            names.push_back(json::value(region.name()));
        }
    }
    if (parameters.enabled == EnabledSpec::no) {
        object["enabled"] = false;
    } else if (parameters.enabled == EnabledSpec::copied) {
        object["enabled"] = "copy";
    }
    return object;
}

/// Returns the Regions of the jobs [begin, end) of one key by reason, in order of first appearance.
json::object jobs_json(const SavedPlan& saved, JobIndex begin, JobIndex end) {
    json::object jobs;
    for (JobIndex job = begin; job < end; ++job) {
        json::value& regions = jobs[name_of(saved.review.verdicts[job].reason)];
        if (!regions.is_array()) {
            regions.emplace_array();
        }
        regions.get_array().push_back(
            json::value(saved.plan.regions[saved.plan.jobs[job].region].name()));
    }
    return jobs;
}

/// Returns the differing parts of the replicas of the jobs [begin, end), by Region.
json::object differences_json(const SavedPlan& saved, JobIndex begin, JobIndex end) {
    json::object differences;
    for (JobIndex job = begin; job < end; ++job) {
        const std::uint8_t steps = saved.review.verdicts[job].steps;
        if (steps == 0) {
            continue;
        }
        json::array names;
        for (const SyncStep step : kSyncSteps) {
            if ((steps & step) != 0) {
                names.push_back(json::value(name_of(step)));
            }
        }
        differences[saved.plan.regions[saved.plan.jobs[job].region].name()] = std::move(names);
    }
    return differences;
}

json::object deletion_dates_json(const SavedPlan& saved, JobIndex begin, JobIndex end) {
    json::object dates;
    for (JobIndex job = begin; job < end; ++job) {
        const auto found = saved.review.deletion_dates_s.find(job);
        if (found != saved.review.deletion_dates_s.end()) {
            dates[saved.plan.regions[saved.plan.jobs[job].region].name()] = found->second;
        }
    }
    return dates;
}

json::object content_json(const KeyContent& content, const CopiedPolicies& policies) {
    json::object object;
    if (content.policy != nullptr) {
        object["policy"] = policies.number_of(*content.policy);
    }
    if (content.description) {
        object["description"] = *content.description;
    }
    if (content.tags) {
        object["tags"] = tags_json(*content.tags);
    }
    return object;
}

void write_keys(const SavedPlan& saved, const CopiedPolicies& policies, LineWriter& writer) {
    JobIndex begin = 0;
    auto extra = saved.review.extras.begin();
    for (std::uint32_t key = 0; key < saved.plan.keys.size(); ++key) {
        JobIndex end = begin;
        while (end < saved.plan.jobs.size() && saved.plan.jobs[end].key == key) {
            ++end;
        }
        json::object object;
        object["key"] = saved.plan.keys[key].primary.text();
        object["group"] = saved.plan.keys[key].group;
        object["jobs"] = jobs_json(saved, begin, end);
        json::array extras;
        for (; extra != saved.review.extras.end() && extra->key == key; ++extra) {
            extras.push_back(json::value(extra->region));
        }
        if (!extras.empty()) {
            object["extras"] = std::move(extras);
        }
        if (const auto moved = saved.review.moved_to.find(key);
            moved != saved.review.moved_to.end()) {
            object["moved_to"] = moved->second;
        }
        if (const auto moved = saved.plan.moved_from.find(key);
            moved != saved.plan.moved_from.end()) {
            object["moved_from"] = moved->second.name();
        }
        json::object dates = deletion_dates_json(saved, begin, end);
        if (!dates.empty()) {
            object["deletion_dates"] = std::move(dates);
        }
        json::object differences = differences_json(saved, begin, end);
        if (!differences.empty()) {
            object["differences"] = std::move(differences);
        }
        if (const auto content = saved.plan.contents.find(key);
            content != saved.plan.contents.end()) {
            object["content"] = content_json(content->second, policies);
        }
        writer.write(object);
        begin = end;
    }
}

}  // namespace

void write_saved_plan(const SavedPlan& saved,
                      const std::function<void(std::string_view piece)>& sink) {
    LineWriter writer(sink);
    const CopiedPolicies policies(saved.plan);
    writer.write(header_json(saved, policies.texts().size()));
    for (const PlannedGroup& group : saved.plan.groups) {
        writer.write(group_json(group));
    }
    for (const std::string* policy : policies.texts()) {
        json::object object;
        object["policy"] = *policy;
        writer.write(object);
    }
    write_keys(saved, policies, writer);
    writer.finish();
}

}  // namespace keyferry::planner
