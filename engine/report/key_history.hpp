// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/entry.hpp"
#include "engine/journal/read/problem.hpp"
#include "engine/report/run_report.hpp"
#include "io/names/account_id.hpp"
#include "io/names/key_id.hpp"
#include "planner/report/report_document.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <set>
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

/// What a journal records about one job of a key. In the journal of a sync or undo, a job is a
/// change of one part of a replica.
struct KeyJobHistory {
    planner::JobIndex job = 0;
    std::string region;
    io::KmsApi action = io::KmsApi::replicate_key;
    JobPhase phase = JobPhase::not_started;  ///< after the last record
    std::optional<Attribution> attribution;  ///< of a done job; only a run reports it
    std::vector<KeyEvent> events;            ///< in the order of the records
    std::string code;                        ///< if the job is not done: why; see StuckGroup::code
    std::string advice;                      ///< if the job is not done
};

/// All records of a journal about one key.
struct KeyHistory {
    std::string journal;               ///< path
    RunReport report;                  ///< of the whole journal
    std::vector<KeyJobHistory> jobs;   ///< by Region, then by number
    std::set<io::AccountId> accounts;  ///< the accounts of `jobs`
};

/// A key in any Region, in one account or, if `account` is not set, in any.
struct KeyName {
    io::KeyId key_id;
    std::optional<io::AccountId> account;
};

/// Returns a report of only the jobs of the key, with their counts and the reasons of those that
/// are stuck. The other members are not set.
[[nodiscard]] RunReport report_of_jobs(const KeyHistory& history);

/// Reads the records about the key from the journal at `path`. Does not lock it. Unless `key` has
/// an account, check KeyHistory::accounts: keys in different accounts may have the same ID.
[[nodiscard]] JournalResult<KeyHistory> read_key_history(const std::string& path,
                                                         const KeyName& key);

/// The history as a section of a report: one row per record.
[[nodiscard]] planner::ReportSection key_history_section(const KeyHistory& history);

/// The history as JSON:
///
///     {journal, fleet, plan_sha256, simulated, last_record, host, endpoint, filter, verb, live,
///      jobs: [{job, region, action, part, outcome, attribution, advice,
///              records: [{time, event, action, attempt, attribution, key_state, code, message,
///                         request_id}]}]}
///
/// `part` is what a change of a sync or undo changes, such as "policy"; null for a run.
/// `attribution` is null for a change and for a job that is not done.
[[nodiscard]] boost::json::object key_history_json(const KeyHistory& history);

}  // namespace keyferry::engine
