// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/entry.hpp"
#include "engine/journal/read/problem.hpp"
#include "engine/report/run_report.hpp"
#include "io/names/key_id.hpp"
#include "planner/report/report_document.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// One record about a job of a key. Texts are unescaped.
struct KeyEvent {
    io::WallTime time{};
    JournalEvent event = JournalEvent::sent;
    io::KmsApi action = io::KmsApi::replicate_key;
    int attempt = 0;  ///< 0: the record has no number of an attempt
    std::optional<Attribution> attribution;
    std::string key_state;
    std::string code;
    std::string message;
    std::string request_id;
};

/// What a journal records about one job of a key.
struct KeyJobHistory {
    planner::JobIndex job = 0;
    std::string region;
    JobPhase phase = JobPhase::not_started;  ///< after the last record
    std::optional<Attribution> attribution;  ///< of a done job
    std::vector<KeyEvent> events;            ///< in the order of the records
    std::string code;                        ///< if the job is not done: why; see StuckGroup::code
    std::string advice;                      ///< if the job is not done
};

/// All records of a journal about one key.
struct KeyHistory {
    std::string journal;              ///< path
    RunReport report;                 ///< of the whole journal
    std::vector<KeyJobHistory> jobs;  ///< by Region, then by number
};

/// Returns a report of only the jobs of the key, with their counts and the reasons of those that
/// are stuck. The other members are not set.
[[nodiscard]] RunReport report_of_jobs(const KeyHistory& history);

/// Reads the records about the key, which may be in any account and Region, from the journal at
/// `path`. Does not lock it.
[[nodiscard]] JournalResult<KeyHistory> read_key_history(const std::string& path,
                                                         const io::KeyId& key);

/// The history as a section of a report: one row per record.
[[nodiscard]] planner::ReportSection key_history_section(const KeyHistory& history);

/// The history as JSON:
///
///     {journal, fleet, plan_sha256, last_record, host, endpoint, filter, live,
///      jobs: [{job, region, outcome, attribution, advice,
///              records: [{time, event, action, attempt, attribution, key_state, code, message,
///                         request_id}]}]}
///
/// `attribution` is null for a job that is not done.
[[nodiscard]] boost::json::object key_history_json(const KeyHistory& history);

}  // namespace keyferry::engine
