// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// Sample journals with every kind of record and every member, written by the production encoder.
// The same seed gives the same journal with every compiler.

namespace keyferry::test {

using SampleRandom = std::mt19937;

inline constexpr std::array kSampleJobEvents{engine::JournalEvent::sent,
                                             engine::JournalEvent::accepted,
                                             engine::JournalEvent::done,
                                             engine::JournalEvent::failed,
                                             engine::JournalEvent::conflict,
                                             engine::JournalEvent::unknown,
                                             engine::JournalEvent::deferred,
                                             engine::JournalEvent::unusable,
                                             engine::JournalEvent::blocked,
                                             engine::JournalEvent::pending};
inline constexpr std::array kSampleAttributions{engine::Attribution::created,
                                                engine::Attribution::created_reconciled,
                                                engine::Attribution::existed};
inline constexpr std::uint64_t kSampleJobs = 50;

inline const io::KeyArn& sample_key() {
    static const io::KeyArn key =
        io::KeyArn::parse(
            "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")
            .value();
    return key;
}

/// The account and Region of a job of the sample fleet.
inline const io::Region& sample_region(planner::JobIndex job) {
    static const std::array regions{io::Region::parse("eu-west-1").value(),
                                    io::Region::parse("ap-southeast-2").value()};
    return regions[job % regions.size()];
}

inline engine::JournalHeader sample_header() {
    engine::JournalHeader header;
    header.plan_sha256 = std::string(64, 'a');
    header.jobs = kSampleJobs;
    for (const planner::JobIndex job : {0U, 1U}) {
        header.regions.emplace_back(sample_region(job).name(), kSampleJobs / 2);
    }
    header.accounts = {"111122223333"};
    header.accounts_total = 1;
    header.partition = "aws";
    header.fleet = "payments \"EU\"";
    header.tool = "keyferry 0.1.0";
    return header;
}

inline engine::JournalRun sample_run(bool with_all_members) {
    engine::JournalRun run;
    run.pid = 4711;
    run.host = "worker-1";
    run.boot_id = "0b5c1e8a-5b1c-4f60-8f0e-1f2e3d4c5b6a";
    run.version = "keyferry 0.1.0";
    if (with_all_members) {
        run.caller = "arn:aws:sts::111122223333:assumed-role/replicator/session";
        run.torn_bytes = 517;
    }
    return run;
}

inline engine::JournalAccess sample_access() {
    engine::JournalAccess access;
    access.endpoint = engine::JournalAccess::Endpoint::custom;
    access.origin = "http://localhost:4566";
    access.callers = {{"111122223333", "arn:aws:sts::111122223333:assumed-role/replicator"},
                      {"444455556666", ""}};
    return access;
}

/// An `end` record with all members.
inline engine::RunEndEntry sample_end(std::string_view how) {
    engine::RunEndEntry end(how);
    end.code = "ExpiredTokenException";
    end.message = "The security token is \"expired\".";
    end.reason_time = io::WallTime(std::chrono::milliseconds{1'787'745'599'001});
    end.throttles = {{"DescribeKey", "eu-west-1", 3},
                     {"ReplicateKey", "eu-west-1", 1},
                     {"ReplicateKey", "us-east-1", 1200}};
    return end;
}

/// Returns an entry for `event` with all members that apply to it, or with only the required ones.
inline engine::JobEntry sample_entry(engine::JournalEvent event,
                                     planner::JobIndex job,
                                     bool with_all_members) {
    engine::JobEntry entry(event, job, sample_key(), sample_region(job));
    if (event == engine::JournalEvent::done) {
        entry.attribution = kSampleAttributions[job % kSampleAttributions.size()];
    }
    if (!with_all_members) {
        return entry;
    }
    entry.request_id = "5e0c7b1a-8f4e-4c7e-9d55-0a1b2c3d4e5f";
    if (event == engine::JournalEvent::sent || event == engine::JournalEvent::accepted) {
        entry.attempt = 1 + static_cast<int>(job % 4);
    }
    if (event == engine::JournalEvent::sent) {
        entry.request_digest = std::string(64, 'd');
        entry.kms_clock_ahead = std::chrono::milliseconds(static_cast<int>(job) * 37 - 400);
        entry.request_id.clear();
    } else if (event == engine::JournalEvent::unusable) {
        entry.attribution = engine::Attribution::existed;
        entry.key_state = "PendingImport";
        entry.creation_date_s = 1'787'745'600.25 + job;
    } else if (event == engine::JournalEvent::accepted || event == engine::JournalEvent::done) {
        entry.key_state = "Creating";
        entry.creation_date_s = 1'787'745'600.25 + job;
    } else {
        entry.code = "KMSInternalException";
        if (event == engine::JournalEvent::pending) {
            entry.action = io::KmsApi::tag_resource;
            entry.reason_time = io::WallTime(std::chrono::milliseconds{1'787'745'599'001});
        }
        entry.message = "Said \"no\" to C:\\kms,\n\xe2\x82\xac {\"n\":1,\"c\":\"00000000\"}";
    }
    return entry;
}

/// A journal in memory with the positions of its records and batches.
class SampleJournal {
  public:
    /// Writes the header and the first `run`, each in its own batch.
    SampleJournal() {
        add(sample_header());
        begin_batch();
        add(sample_run(true));
        begin_batch();
    }

    /// More than sixty records that cover every event, with and without optional members, from
    /// three runs, in batches of one to seven records.
    static SampleJournal of_every_event() {
        SampleJournal journal;
        planner::JobIndex job = 0;
        for (const bool with_all_members : {true, false}) {
            // One job for each attribution.
            for (const planner::JobIndex job_end = job + 3; job < job_end; ++job) {
                for (const engine::JournalEvent event : kSampleJobEvents) {
                    journal.add(sample_entry(event, job, with_all_members));
                    if (journal.records() * 5 % 7 < 3) {
                        journal.begin_batch();
                    }
                }
            }
            if (with_all_members) {
                journal.add(sample_end("refused"));
            } else {
                journal.add_end("finished");
            }
            journal.begin_batch();
            journal.add(sample_access());
            journal.add(sample_run(with_all_members));
            journal.begin_batch();
        }
        engine::JobEntry wordy = sample_entry(engine::JournalEvent::failed, job, true);
        wordy.message = std::string(engine::kJournalMessageBytesMax, 'm');
        journal.add(wordy);
        for (const engine::JournalEvent event : kSampleJobEvents) {
            journal.begin_batch();
            journal.add(sample_entry(event, job, false));
            journal.add(sample_entry(event, job, true));
        }
        journal.begin_batch();
        journal.add_random(1, 4);
        return journal;
    }

    void begin_batch() {
        encoder_.begin_batch();
        batch_first_ = records();
    }

    template <typename Entry>
    void add(const Entry& entry) {
        encoder_.append(bytes, tick(), entry);
        note_record();
    }
    void add_end(std::string_view how) {
        encoder_.append_end(bytes, tick(), how);
        note_record();
    }
    /// Adds `count` job records to the same batch. `seed` determines their kinds.
    void add_random(std::uint32_t seed, std::size_t count) {
        SampleRandom random(seed);
        for (std::size_t record = 0; record < count; ++record) {
            const auto event = kSampleJobEvents[random() % kSampleJobEvents.size()];
            const auto job = static_cast<planner::JobIndex>(random() % kSampleJobs);
            add(sample_entry(event, job, random() % 2 == 0));
        }
    }

    std::size_t records() const noexcept { return first_of_batch.size(); }
    /// Includes the newline.
    std::string_view line(std::size_t record) const {
        return std::string_view(bytes).substr(starts[record], starts[record + 1] - starts[record]);
    }
    engine::JournalTail tail() const noexcept { return encoder_.tail(); }

    std::string bytes;
    std::vector<std::size_t> starts{0};  ///< start of each record, and the end of the last one
    std::vector<std::uint64_t> first_of_batch;  ///< each record's member "k"

  private:
    io::WallTime tick() noexcept { return now_ += std::chrono::milliseconds{77}; }

    void note_record() {
        first_of_batch.push_back(batch_first_);
        starts.push_back(bytes.size());
    }

    engine::JournalEncoder encoder_{engine::JournalTail{}};
    std::uint64_t batch_first_ = 0;
    io::WallTime now_{std::chrono::milliseconds{1'787'745'600'123}};
};

}  // namespace keyferry::test
