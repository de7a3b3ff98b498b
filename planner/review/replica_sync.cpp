// SPDX-License-Identifier: Apache-2.0
#include "planner/review/replica_sync.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/review/replica_drift.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::planner {

namespace {

namespace json = boost::json;

const std::string* value_of(const std::vector<io::Tag>& tags, const std::string& key) {
    const auto found =
        std::find_if(tags.begin(), tags.end(), [&](const io::Tag& tag) { return tag.key == key; });
    return found == tags.end() ? nullptr : &found->value;
}

json::array tags_json(const ReplicaSync& sync) {
    json::array tags;
    for (const io::Tag& tag : sync.tags) {
        const std::string* now = value_of(sync.tags_now, tag.key);
        json::object change;
        change["key"] = tag.key;
        change["from"] = now == nullptr ? json::value() : json::value(*now);
        change["to"] = tag.value;
        tags.push_back(std::move(change));
    }
    return tags;
}

json::object from_to(std::string_view from, std::string_view to) {
    json::object change;
    change["from"] = from;
    change["to"] = to;
    return change;
}

void write_line(const json::object& object,
                const std::function<void(std::string_view piece)>& sink) {
    sink(json::serialize(object) + "\n");
}

}  // namespace

std::uint64_t ReplicaSync::calls() const noexcept {
    return (description ? 1U : 0U) + (tags.empty() ? 0U : 1U) + aliases.size() + (policy ? 1U : 0U);
}

ReplicaSync replica_sync(const Plan& plan,
                         const Inventory& inventory,
                         const PlanReview& review,
                         JobIndex job,
                         std::uint8_t parts) {
    const auto replica = inventory.replicas.find(job);
    assert(replica != inventory.replicas.end());
    const ReplicaContent& seen = replica->second;
    const unsigned steps = static_cast<unsigned>(review.verdicts.at(job).steps) & parts;
    ReplicaSync sync;
    sync.job = job;
    if ((steps & sync_aliases) != 0) {
        sync.aliases = missing_aliases(plan, plan.jobs[job], inventory, seen);
    }
    if ((steps & (sync_policy | sync_tags | sync_description)) == 0) {
        return sync;
    }
    io::ReplicateKeyRequest wanted = replicate_request(plan, plan.jobs[job]);
    if ((steps & sync_description) != 0) {
        sync.description = std::move(wanted.description);
        sync.description_now = seen.content.description.value_or("");
    }
    if ((steps & sync_tags) != 0) {
        sync.tags = missing_tags(plan, plan.jobs[job], seen.content);
        sync.tags_now = seen.content.tags.value_or(std::vector<io::Tag>());
    }
    if ((steps & sync_policy) != 0) {
        sync.policy = std::move(wanted.policy);
        sync.policy_now = seen.content.policy;
        sync.bypass_policy_lockout_safety_check = wanted.bypass_policy_lockout_safety_check;
    }
    return sync;
}

std::vector<JobIndex> jobs_to_sync(const PlanReview& review, std::uint8_t parts) {
    std::vector<JobIndex> jobs;
    for (JobIndex job = 0; job < review.verdicts.size(); ++job) {
        if ((review.verdicts[job].steps & parts) != 0) {
            jobs.push_back(job);
        }
    }
    return jobs;
}

std::string sync_record_line(const Plan& plan, const ReplicaSync& sync) {
    json::object line;
    line["key"] = replica_arn(plan, plan.jobs.at(sync.job)).text();
    if (sync.description) {
        line["description"] = from_to(sync.description_now, *sync.description);
    }
    if (!sync.tags.empty()) {
        line["tags"] = tags_json(sync);
    }
    if (!sync.aliases.empty()) {
        json::array& names = line["aliases"].emplace_array();
        for (const std::string& name : sync.aliases) {
            names.push_back(json::value(name));
        }
    }
    if (sync.policy) {
        line["policy"] = from_to(sync.policy_now ? *sync.policy_now : "", *sync.policy);
    }
    return json::serialize(line);
}

void write_sync_record(const Plan& plan,
                       const std::vector<ReplicaSync>& syncs,
                       std::string_view tool,
                       std::string_view made,
                       const std::function<void(std::string_view piece)>& sink) {
    json::object header;
    header["format"] = kSyncRecordFormat;
    header["version"] = kSyncRecordVersion;
    header["tool"] = tool;
    header["made"] = made;
    header["fleet"] = plan.fleet_name;
    header["replicas"] = syncs.size();
    write_line(header, sink);
    for (const ReplicaSync& sync : syncs) {
        sink(sync_record_line(plan, sync) + "\n");
    }
    json::object end;
    end["end"] = true;
    write_line(end, sink);
}

std::string sync_text(const Plan& plan, const ReplicaSync& sync) {
    const io::KeyArn replica = replica_arn(plan, plan.jobs.at(sync.job));
    std::string text = fmt::format("{} in {}\n", replica.key_id.text(), replica.region.name());
    if (sync.description) {
        text += fmt::format("  description  {} -> {}\n",
                            io::in_quotes(sync.description_now),
                            io::in_quotes(*sync.description));
    }
    for (const io::Tag& tag : sync.tags) {
        const std::string* now = value_of(sync.tags_now, tag.key);
        text += fmt::format("  tag          {}: {} -> {}\n",
                            io::in_quotes(tag.key),
                            now == nullptr ? "none" : io::in_quotes(*now),
                            io::in_quotes(tag.value));
    }
    for (const std::string& name : sync.aliases) {
        text += fmt::format("  alias        {}\n", io::in_quotes(name));
    }
    if (sync.policy) {
        text += fmt::format("  policy       {} -> {} bytes\n",
                            sync.policy_now ? sync.policy_now->size() : 0,
                            sync.policy->size());
    }
    return text;
}

}  // namespace keyferry::planner
