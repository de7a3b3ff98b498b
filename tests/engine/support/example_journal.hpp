// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "io/checksum/crc32c.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace keyferry::engine {

inline const io::KeyArn& example_key() {
    static const io::KeyArn key =
        io::KeyArn::parse(
            "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")
            .value();
    return key;
}

inline const io::Region& example_region(std::size_t index = 0) {
    static const std::vector<io::Region> regions{io::Region::parse("eu-west-1").value(),
                                                 io::Region::parse("eu-central-1").value(),
                                                 io::Region::parse("ap-southeast-2").value()};
    return regions.at(index);
}

/// The number of an example job determines its Region.
inline JobEntry example_entry(JournalEvent event, planner::JobIndex job) {
    JobEntry entry(event, job, example_key(), example_region(job % 3));
    if (event == JournalEvent::sent) {
        entry.attempt = 1;
        entry.request_digest = std::string(64, 'd');
    }
    if (event == JournalEvent::done) {
        entry.attribution = Attribution::created;
    }
    return entry;
}

inline JournalHeader example_header(std::uint64_t jobs = 30) {
    JournalHeader header;
    header.plan_sha256 = std::string(64, 'a');
    header.jobs = jobs;
    for (std::size_t index = 0; index < 3; ++index) {
        header.regions.emplace_back(example_region(index).name(), (jobs + 2 - index) / 3);
    }
    header.accounts = {"111122223333"};
    header.accounts_total = 1;
    header.partition = "aws";
    header.fleet = "payments";
    header.tool = "keyferry 0.1.0";
    return header;
}

inline JournalRun example_run() {
    JournalRun run;
    run.pid = 4711;
    run.host = "worker-1";
    run.boot_id = "0b5c";
    run.version = "keyferry 0.1.0";
    return run;
}

/// 2026-08-26T12:00:00.123Z
inline constexpr io::WallTime kExampleTime{std::chrono::milliseconds{1'787'745'600'123}};

/// Returns the checksum member and the closing brace that complete the record `line`. For tests
/// with records that keyferry itself does not write.
inline std::string seal_of(std::string_view line) {
    return fmt::format(",\"c\":\"{:08x}\"}}", io::crc32c(line));
}

/// A journal in memory, built record by record.
struct ExampleJournal {
    /// Returns a journal with a header and a `run` record, each in its own batch.
    static ExampleJournal begun(std::uint64_t jobs = 30) {
        ExampleJournal journal;
        journal.encoder.append(journal.bytes, kExampleTime, example_header(jobs));
        journal.batch();
        journal.encoder.append(journal.bytes, kExampleTime, example_run());
        journal.batch();
        return journal;
    }

    void batch() { encoder.begin_batch(); }
    void add(const JobEntry& entry) { encoder.append(bytes, kExampleTime, entry); }
    void add(JournalEvent event, planner::JobIndex job) { add(example_entry(event, job)); }
    void end(std::string_view how) { encoder.append_end(bytes, kExampleTime, how); }

    std::string bytes;
    JournalEncoder encoder{JournalTail{}};
};

}  // namespace keyferry::engine
