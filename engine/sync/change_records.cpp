// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/change_records.hpp"

#include "engine/journal/format/text.hpp"

#include <boost/algorithm/string/join.hpp>

#include <map>
#include <set>
#include <utility>

namespace keyferry::engine {

namespace {

/// Appends and syncs one batch.
std::optional<JournalProblem> write_batch(io::AppendFile& file,
                                          std::string& batch,
                                          const std::string& name) {
    if (const std::error_code error = file.append(batch)) {
        return journal_io_problem(name, "write", error);
    }
    if (const std::error_code error = file.sync()) {
        return journal_io_problem(name, "fdatasync", error);
    }
    batch.clear();
    return std::nullopt;
}

}  // namespace

JournalHeader changes_header(const std::vector<planner::ReplicaChange>& changes,
                             JournalVerb verb,
                             std::string fleet,
                             std::string tool) {
    JournalHeader header;
    header.verb = verb;
    header.plan_sha256 = planner::changes_sha256(changes);
    header.jobs = changes.size();
    header.fleet = std::move(fleet);
    header.tool = std::move(tool);
    std::map<std::string, std::uint64_t> regions;
    std::set<std::string> accounts;
    std::set<std::string> partitions;
    for (const planner::ReplicaChange& change : changes) {
        ++regions[change.replica.region.name()];
        accounts.insert(change.replica.account.digits());
        partitions.emplace(change.replica.region.partition().name);
    }
    for (const auto& [region, jobs] : regions) {
        if (header.regions.size() < kJournalHeaderRegionsMax) {
            header.regions.emplace_back(region, jobs);
        }
    }
    for (const std::string& account : accounts) {
        if (header.accounts.size() < kJournalHeaderAccountsMax) {
            header.accounts.push_back(account);
        }
    }
    header.accounts_total = accounts.size();
    header.partition = boost::algorithm::join(partitions, ",");
    return header;
}

std::optional<JournalProblem> write_change_records(
    io::AppendFile& file,
    const std::vector<planner::ReplicaChange>& changes,
    io::WallTime now,
    const std::string& name,
    StartedJournal& started) {
    JournalEncoder encoder(started.tail);
    std::string batch;
    std::size_t records = 0;
    for (std::size_t index = 0; index < changes.size(); ++index) {
        const planner::ReplicaChange& change = changes[index];
        const std::string value = planner::value_json(change);
        BeforeEntry entry(static_cast<planner::JobIndex>(index), change.replica, change.action);
        const std::vector<std::string_view> parts =
            split_journal_text(value, kJournalValueBytesMax);
        entry.parts = parts.size();
        for (std::size_t part = 0; part < parts.size(); ++part) {
            entry.part = part + 1;
            entry.text = parts[part];
            encoder.append(batch, now, entry);
            // Only the last record of a batch may exceed its limit.
            if (++records == kJournalBatchRecordsMax || batch.size() >= kJournalBatchBytesMax) {
                if (std::optional<JournalProblem> problem = write_batch(file, batch, name)) {
                    return problem;
                }
                encoder.begin_batch();
                records = 0;
            }
        }
    }
    if (std::optional<JournalProblem> problem = write_batch(file, batch, name)) {
        return problem;
    }
    started.tail = encoder.tail();
    // The records have used the space that was reserved when the journal was started.
    if (const std::error_code error = file.reserve(started.room.reserved)) {
        return journal_io_problem(name, "reserving space", error);
    }
    return std::nullopt;
}

}  // namespace keyferry::engine
