// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/repair/salvage.hpp"
#include "engine/run/resume.hpp"
#include "io/file/memory_append_file.hpp"
#include "tests/engine/support/example_journal.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// The salvaged journal and its report, or the problem if the salvage was rejected.
struct Salvaged {
    explicit Salvaged(const std::string& damaged, io::WallTime now = kExampleTime) {
        io::MemoryAppendFile from(damaged);
        io::MemoryAppendFile to;
        result.emplace(salvage_journal(from, to, now, "fleet.journal"));
        EXPECT_EQ(to.content(), to.durable_content());
        bytes = to.content();
    }
    const SalvagedJournal& operator*() const { return result->value(); }
    const JournalReplay& replay() const { return result->value().replay; }
    ResumeAs resumed(planner::JobIndex job) const {
        return resume_as(replay().phase(job), replay().open_job(job), false);
    }

    std::optional<JournalResult<SalvagedJournal>> result;
    std::string bytes;
};

/// Returns an entry named as in a plan: each job has its own name, and the names are in the order
/// of the job numbers. Each `fleet` has different keys.
inline JobEntry named_entry(JournalEvent event, planner::JobIndex job, unsigned fleet = 0) {
    static std::map<std::string, io::KeyArn> keys;
    const std::string id = fmt::format("mrk-{:08x}{:08x}{:016x}", job / 4, fleet, job);
    const auto key = keys.try_emplace(
        id, example_key().region, example_key().account, io::KeyId::parse(id).value());
    JobEntry entry(event, job, key.first->second, example_region(job % 3));
    const JobEntry example = example_entry(event, job);
    entry.attempt = example.attempt;
    entry.request_digest = example.request_digest;
    entry.attribution = example.attribution;
    return entry;
}

inline std::size_t line_start(const std::string& text, int line) {
    std::size_t at = 0;
    while (line-- > 0) {
        at = text.find('\n', at) + 1;
    }
    return at;
}

/// Changes the record in this line and corrects its checksum, as a person who knows the format
/// could.
inline std::string with_changed(const std::string& journal,
                                int line,
                                const char* from,
                                const char* to) {
    const std::size_t begin = line_start(journal, line);
    const std::size_t end = journal.find('\n', begin);
    std::string record = journal.substr(begin, end - begin - kJournalSealBytes);
    const std::size_t at = record.find(from);
    EXPECT_NE(at, std::string::npos);
    record.replace(at, std::string_view(from).size(), to);
    return journal.substr(0, begin) + record + seal_of(record) + journal.substr(end);
}

class SalvageJournal : public testing::Test {
  protected:
    void add(JournalEvent event, planner::JobIndex job) {
        journal.batch();
        journal.add(named_entry(event, job));
    }
    /// Returns records of another journal from number `first` on, which are chained only to each
    /// other.
    static std::string block_of(std::uint64_t first,
                                const std::vector<planner::JobIndex>& jobs,
                                unsigned fleet,
                                io::WallTime time = kExampleTime) {
        JournalEncoder other(JournalTail{first, 7});
        std::string block;
        for (const planner::JobIndex job : jobs) {
            other.begin_batch();
            other.append(block, time, named_entry(JournalEvent::done, job, fleet));
        }
        return block;
    }
    /// Adds records 2 to 11. Every kind of record occurs.
    void fill_journal() {
        add(JournalEvent::done, 1);
        add(JournalEvent::sent, 2);
        add(JournalEvent::deferred, 3);
        add(JournalEvent::failed, 4);
        add(JournalEvent::sent, 5);
        add(JournalEvent::done, 5);
        add(JournalEvent::sent, 6);
        add(JournalEvent::accepted, 6);
        add(JournalEvent::deferred, 7);
        add(JournalEvent::done, 8);
    }
    std::string damaged(int record) const {
        std::string bytes = journal.bytes;
        bytes[line_start(bytes, record) + 60] ^= 1;
        return bytes;
    }
    static JournalScan scan_of(const std::string& bytes) {
        io::MemoryAppendFile file(bytes);
        JournalReplay replay;
        JournalScan scan;
        EXPECT_FALSE(replay_journal(file, replay, scan));
        return scan;
    }

    ExampleJournal journal = ExampleJournal::begun(30);
};

}  // namespace keyferry::engine
