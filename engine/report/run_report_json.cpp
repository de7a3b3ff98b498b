// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"
#include "engine/journal/read/rewrite_text.hpp"
#include "engine/report/report_head.hpp"
#include "engine/report/run_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>
#include <utility>

namespace keyferry::engine {
namespace {

namespace json = boost::json;

std::string_view name_of(RunVerdict verdict) noexcept {
    switch (verdict) {
        case RunVerdict::work_left:
            return "work left";
        case RunVerdict::some_failed:
            return "some failed";
        case RunVerdict::all_done:
            return "all done";
    }
    return "work left";
}

void put_change_counts(json::object& object, const JobCounts& counts) {
    object["jobs"] = counts.jobs();
    object["made"] = counts.done();
    object["failed"] = counts.of(JobPhase::failed);
    object["alias_taken"] = counts.of(JobPhase::conflict);
    object["unknown"] = counts.of(JobPhase::unknown);
    object["deferred"] = counts.of(JobPhase::deferred);
    object["in_doubt"] = counts.of(JobPhase::sent);
    object["not_started"] = counts.of(JobPhase::not_started);
}

void put_counts(json::object& object, const JobCounts& counts, JournalVerb verb) {
    if (verb != JournalVerb::run) {
        put_change_counts(object, counts);
        return;
    }
    object["jobs"] = counts.jobs();
    object["created"] = counts.of(Attribution::created);
    object["created_reconciled"] = counts.of(Attribution::created_reconciled);
    object["existed"] = counts.of(Attribution::existed);
    object["failed"] = counts.of(JobPhase::failed);
    object["conflict"] = counts.of(JobPhase::conflict);
    object["unknown"] = counts.of(JobPhase::unknown);
    object["deferred"] = counts.of(JobPhase::deferred);
    object["creating"] = counts.of(JobPhase::accepted);
    object["in_doubt"] = counts.of(JobPhase::sent);
    object["not_started"] = counts.of(JobPhase::not_started);
    object["unusable"] = counts.of(JobPhase::unusable);
    object["blocked"] = counts.of(JobPhase::blocked);
}

json::object stuck_json(const StuckReport& stuck) {
    json::object object;
    object["outcome"] = name_of(stuck.phase);
    object["code"] = stuck.code;
    object["message"] = stuck.message;
    object["jobs"] = stuck.jobs;
    json::object& regions = object["regions"].emplace_object();
    for (const auto& [region, jobs] : stuck.jobs_by_region) {
        regions[region] = jobs;
    }
    object["advice"] = stuck.advice;
    json::array& examples = object["examples"].emplace_array();
    for (const StuckExample& example : stuck.examples) {
        json::object entry;
        entry["job"] = example.job;
        entry["primary"] = example.key;
        entry["region"] = example.region;
        entry["message"] = example.message;
        entry["request_id"] = example.request_id;
        entry["time"] = journal_time(example.time);
        examples.push_back(std::move(entry));
    }
    return object;
}

json::object run_json(const ReplayedRun& run) {
    json::object object;
    object["started"] = journal_time(run.started);
    object["last_record"] = journal_time(run.last_record);
    object["end"] = run.end;
    object["pid"] = run.process.pid;
    object["host"] = run.process.host;
    object["version"] = run.process.version;
    object["caller"] = run.process.caller;
    object["torn_bytes"] = run.process.torn_bytes;
    object["end_code"] = run.end_code;
    object["end_message"] = run.end_message;
    object["end_reason_time"] = run.end_reason_time ? journal_time(*run.end_reason_time) : "";
    json::object& throttles = object["throttles"].emplace_object();
    for (const ThrottleCount& count : run.throttles) {
        json::value& regions = throttles[count.api];
        if (!regions.is_object()) {
            regions.emplace_object();
        }
        regions.as_object()[count.region] = count.calls;
    }
    object["throttles_other"] = run.throttles_other;
    return object;
}

json::object access_json(const JournalAccess& access) {
    json::object object;
    object["endpoint"] = name_of(access.endpoint);
    object["origin"] = access.origin;
    json::object& callers = object["callers"].emplace_object();
    for (const JournalAccess::Caller& caller : access.callers) {
        callers[caller.account] = caller.arn;
    }
    return object;
}

}  // namespace

std::string run_report_json(const RunReport& report) {
    json::object object;
    object["format"] = "keyferry-run-report-1";
    put_report_head(object, report);
    object["ended"] = report.ended;
    object["verdict"] = name_of(verdict_on(report));
    put_counts(object["counts"].emplace_object(), report.counts, report.verb);
    json::array& regions = object["regions"].emplace_array();
    for (const RegionOutcome& region : report.regions) {
        json::object entry;
        entry["region"] = region.region;
        put_counts(entry, region.counts, report.verb);
        regions.push_back(std::move(entry));
    }
    json::array& stuck = object["stuck"].emplace_array();
    for (const StuckReport& group : report.stuck) {
        stuck.push_back(stuck_json(group));
    }
    json::array& pending = object["pending"].emplace_array();
    for (const StuckReport& group : report.pending) {
        pending.push_back(stuck_json(group));
    }
    object["access"] = access_json(report.access);
    object["runs_total"] = report.runs_total;
    // Whole seconds: Boost.JSON 1.81 writes 5.0 as 5E0.
    object["seconds_active"] = static_cast<std::int64_t>(std::llround(report.active_s));
    json::array& runs = object["runs"].emplace_array();
    for (const ReplayedRun& run : report.runs) {
        runs.push_back(run_json(run));
    }
    json::array& rewrites = object["rewrites"].emplace_array();
    for (const JournalRewrite& rewrite : report.rewrites) {
        rewrites.push_back(rewrite_json(rewrite));
    }
    if (report.unchecked) {
        object["unchecked"] = *report.unchecked;
    }
    object["lost_records"] = report.loss.records;
    object["lost_bytes"] = report.loss.bytes;
    return json::serialize(object) + "\n";
}

}  // namespace keyferry::engine
