// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/journal_laws.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/journal/read/recovery.hpp"
#include "engine/journal/read/replay.hpp"
#include "tests/support/sample_journal.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace keyferry::fuzz {
namespace {

/// Journals of larger plans are not read, because replaying them would exhaust the fuzzer's memory.
constexpr std::uint64_t kJobsMax = 2000;
constexpr io::WallTime kNow{std::chrono::milliseconds{1'787'745'600'123}};

void require(bool holds, const char* invariant) {
    if (!holds) {
        std::fprintf(stderr, "broken invariant: %s\n", invariant);
        std::abort();
    }
}

std::string apply_bounded(engine::JournalReplay& replay, const engine::JournalRecord& record) {
    const auto* header = std::get_if<engine::JournalHeader>(&record.body);
    return header != nullptr && header->jobs > kJobsMax ? "too many jobs" : replay.apply(record);
}

struct Reading {
    engine::JournalScan scan;
    engine::JournalReplay replay;
    std::uint64_t records = 0;
};

/// `chunk_seed` determines the chunk sizes; 0 means a single chunk.
Reading read_journal(std::string_view bytes, unsigned chunk_seed) {
    Reading reading;
    engine::JournalScanner scanner([&](const engine::JournalRecord& record) {
        std::string problem = apply_bounded(reading.replay, record);
        reading.records += problem.empty() ? 1 : 0;
        return problem;
    });
    std::minstd_rand random(chunk_seed);
    while (!bytes.empty()) {
        const std::size_t length =
            chunk_seed == 0 ? bytes.size() : 1 + random() % (random() % 3 == 0 ? 8 : 3000);
        scanner.feed(bytes.substr(0, length));
        bytes.remove_prefix(std::min(bytes.size(), length));
    }
    reading.scan = scanner.finish();
    return reading;
}

bool same_scan(const engine::JournalScan& a, const engine::JournalScan& b) {
    return a.state == b.state && a.tail == b.tail && a.good_bytes == b.good_bytes &&
           a.bytes == b.bytes && a.proof_sequence == b.proof_sequence && a.problem == b.problem;
}

bool same_job(const engine::JournalReplay& a,
              const engine::JournalReplay& b,
              planner::JobIndex job) {
    const std::optional<engine::OpenJob> open_a = a.open_job(job);
    const std::optional<engine::OpenJob> open_b = b.open_job(job);
    if (a.attribution(job) != b.attribution(job) || a.code(job) != b.code(job) ||
        open_a.has_value() != open_b.has_value()) {
        return false;
    }
    return !open_a ||
           (open_a->attempts == open_b->attempts && open_a->accepted == open_b->accepted &&
            open_a->first_sent == open_b->first_sent && open_a->last_sent == open_b->last_sent &&
            open_a->creation_date_s == open_b->creation_date_s);
}

bool same_replay(const engine::JournalReplay& a, const engine::JournalReplay& b) {
    if (a.header() != b.header() || a.phases() != b.phases() || a.open_jobs() != b.open_jobs() ||
        a.counts() != b.counts() || a.ended() != b.ended() || a.runs_total() != b.runs_total() ||
        a.last_record() != b.last_record()) {
        return false;
    }
    for (planner::JobIndex job = 0; job < a.phases().size(); ++job) {
        if (!same_job(a, b, job)) {
            return false;
        }
    }
    return true;
}

/// Whether the writer could have written this text member, with at most `bytes_max` bytes.
bool is_canonical(std::string_view raw, std::size_t bytes_max) {
    return raw.size() <= bytes_max && engine::read_journal_text(raw).has_value();
}

/// Calls `use` with an equivalent entry to write. Returns false without a call if the record does
/// not contain a valid ARN and Region.
template <typename Use>
bool with_entry(const engine::JournalJobRecord& record, Use use) {
    const io::Parsed<io::KeyArn> key = io::KeyArn::parse(record.key);
    const io::Parsed<io::Region> region = io::Region::parse(record.region);
    if (!key || !region) {
        return false;
    }
    const auto plain = [](std::string_view raw) {
        return engine::read_journal_text(raw).value_or("not canonical");
    };
    engine::JobEntry entry(record.event, record.job, *key, *region);
    entry.action = record.action;
    entry.reason_time = record.reason_time;
    entry.attempt = record.attempt;
    entry.request_digest = plain(record.digest);
    entry.kms_clock_ahead = record.kms_clock_ahead;
    entry.attribution = record.attribution;
    entry.key_state = plain(record.state);
    entry.creation_date_s = record.creation_date_s;
    entry.code = plain(record.code);
    entry.message = plain(record.message);
    entry.request_id = plain(record.request_id);
    use(entry);
    return true;
}

engine::RunEndEntry end_entry(const engine::JournalEnd& body) {
    const auto plain = [](std::string_view raw) {
        return engine::read_journal_text(raw).value_or("not canonical");
    };
    engine::RunEndEntry end(plain(body.how));
    end.code = plain(body.code);
    end.message = plain(body.message);
    end.reason_time = body.reason_time;
    end.throttles = body.throttles;
    return end;
}

/// Re-encodes `record` and returns the part between p and c; empty for a record that only a later
/// version writes, or with more Regions and accounts than the encoder is given here.
std::string reencoded_body(const engine::JournalRecord& record) {
    std::string line;
    const auto* header = std::get_if<engine::JournalHeader>(&record.body);
    const bool is_wide =
        header != nullptr && (header->regions.size() > 20 || header->accounts.size() > 20);
    engine::JournalEncoder encoder(header != nullptr ? engine::JournalTail{}
                                                     : engine::JournalTail{record.sequence, 0});
    std::visit(
        [&](const auto& body) {
            using Body = std::remove_cvref_t<decltype(body)>;
            if constexpr (std::is_same_v<Body, engine::JournalEnd>) {
                encoder.append(line, record.time, end_entry(body));
            } else if constexpr (std::is_same_v<Body, engine::JournalJobRecord>) {
                with_entry(body, [&](const engine::JobEntry& entry) {
                    encoder.append(line, record.time, entry);
                });
            } else if constexpr (requires { encoder.append(line, record.time, body); }) {
                if (!is_wide) {
                    encoder.append(line, record.time, body);
                }
            }
        },
        record.body);
    const std::size_t body = line.find(",\"t\":");
    return line.empty() ? line
                        : line.substr(body, line.size() - body - engine::kJournalSealBytes - 1);
}

/// Whether the writer could have written this record. Only defined for job records.
bool is_canonical(const engine::JournalRecord& record, std::string_view body) {
    const auto* job = std::get_if<engine::JournalJobRecord>(&record.body);
    return job != nullptr && body.find(":\"\"") == std::string_view::npos &&
           job->creation_date_s.value_or(0) < 1e11 &&
           is_canonical(job->digest, engine::kJournalDigestBytesMax) &&
           is_canonical(job->state, engine::kJournalNameBytesMax) &&
           is_canonical(job->code, engine::kJournalNameBytesMax) &&
           is_canonical(job->message, engine::kJournalMessageBytesMax) &&
           is_canonical(job->request_id, engine::kJournalNameBytesMax);
}

void check_reencoding(const engine::JournalFrame& frame, const engine::JournalRecord& record) {
    const std::string again = reencoded_body(record);
    if (again.empty()) {
        return;
    }
    if (is_canonical(record, frame.body)) {
        require(again == frame.body, "re-encoding a canonical record yields the same bytes");
    }
    engine::JournalFrame frame_again = frame;
    frame_again.body = again;
    engine::JournalRecord record_again;
    require(
        engine::read_journal_body(frame_again, record_again) == engine::JournalReading::understood,
        "a re-encoded record can be parsed");
    require(reencoded_body(record_again) == again, "re-encoding is idempotent");
}

/// A straightforward implementation of the recovery rule.
struct Rule {
    explicit Rule(std::string_view bytes) { follow(bytes); }

    void follow(std::string_view bytes) {
        for (;;) {
            const std::size_t newline = bytes.find('\n', good_bytes);
            engine::JournalFrame frame;
            if (newline == std::string_view::npos ||
                !engine::read_journal_frame(bytes.substr(good_bytes, newline - good_bytes),
                                            frame) ||
                frame.sequence != next || frame.previous_crc != previous_crc) {
                break;
            }
            if (!accept(frame)) {
                refused = true;
                return;
            }
            good_bytes = newline + 1;
        }
        find_proof(bytes);
    }

    bool accept(const engine::JournalFrame& frame) {
        engine::JournalRecord record;
        if (engine::read_journal_body(frame, record) != engine::JournalReading::understood) {
            return false;
        }
        const auto* header = std::get_if<engine::JournalHeader>(&record.body);
        if ((header != nullptr) != (next == 0) ||
            (header != nullptr && header->min_reader > engine::kJournalVersion) ||
            (frame.batch_first != batch_first && frame.batch_first != next) ||
            !apply_bounded(replay, record).empty()) {
            return false;
        }
        check_reencoding(frame, record);
        ++next;
        previous_crc = frame.crc;
        batch_first = frame.batch_first;
        return true;
    }

    void find_proof(std::string_view bytes) {
        constexpr std::string_view kStart = "{\"n\":";
        for (std::size_t at = bytes.find(kStart, good_bytes);
             at != std::string_view::npos && !proof;
             at = bytes.find(kStart, at + 1)) {
            const std::string_view rest = bytes.substr(at, engine::kJournalLineBytesMax);
            const std::size_t seal = rest.find(",\"c\":\"");
            if (seal == std::string_view::npos) {
                continue;
            }
            const std::string_view record = rest.substr(0, seal + engine::kJournalSealBytes);
            engine::JournalFrame frame;
            // The writer never writes the start of a record inside another one.
            if (record.find(kStart, 1) == std::string_view::npos &&
                engine::read_journal_frame(record, frame) && frame.batch_first > next) {
                proof = frame.sequence;
            }
        }
    }

    engine::JournalReplay replay;
    std::size_t good_bytes = 0;
    std::uint64_t next = 0;
    std::uint64_t batch_first = 0;
    std::uint32_t previous_crc = 0;
    bool refused = false;
    std::optional<std::uint64_t> proof;
};

void check_rule(std::string_view bytes, const engine::JournalScan& scan) {
    const Rule rule(bytes);
    require(scan.good_bytes == rule.good_bytes && scan.tail.next_sequence == rule.next &&
                scan.tail.previous_crc == rule.previous_crc,
            "the good part is the longest that the rule allows");
    const bool is_refused = scan.state == engine::JournalState::not_understood ||
                            scan.state == engine::JournalState::newer_version ||
                            !scan.problem.empty();
    require(is_refused == rule.refused,
            "a complete record in the chain is rejected only for its content");
    if (rule.refused) {
        return;
    }
    const bool is_damaged = scan.state == engine::JournalState::damaged;
    if (rule.next > 0) {
        const bool is_too_long = bytes.size() - rule.good_bytes > engine::kTornTailBytesMax;
        require(is_damaged == (rule.proof.has_value() || is_too_long),
                "a tail is damage if and only if there is proof or it is longer than a batch");
    } else {
        require(is_damaged || !rule.proof,
                "a missing header with proof that it was synced is damage");
    }
    require(scan.proof_sequence == rule.proof.value_or(0), "the first proof is reported");
    require(scan.state != engine::JournalState::whole || rule.good_bytes == bytes.size(),
            "a whole journal is good to its end");
    require(scan.state != engine::JournalState::torn_tail ||
                (rule.next > 0 && rule.good_bytes < bytes.size()),
            "a torn tail follows a header and is not empty");
}

void check_run_can_append(std::string_view good, const engine::JournalScan& scan) {
    std::string journal(good);
    engine::JournalEncoder encoder(scan.tail);
    encoder.append(journal, kNow, test::sample_run(true));
    const Reading reading = read_journal(journal, 0);
    require(reading.scan.state == engine::JournalState::whole &&
                reading.scan.tail.next_sequence == scan.tail.next_sequence + 1,
            "a run can append to the good part");
}

}  // namespace

void check_journal_laws(std::string_view bytes) {
    const Reading once = read_journal(bytes, 0);
    const engine::JournalScan& scan = once.scan;
    require(scan.bytes == bytes.size() && scan.good_bytes <= scan.bytes, "sizes are consistent");
    require(once.records == scan.tail.next_sequence, "the good records are those replayed");
    const auto chunk_seed = static_cast<unsigned>(std::hash<std::string_view>()(bytes) % 997 + 1);
    const Reading in_chunks = read_journal(bytes, chunk_seed);
    require(same_scan(scan, in_chunks.scan), "the chunk size makes no difference");
    check_rule(bytes, scan);
    if (scan.good_bytes == 0) {
        return;
    }
    const std::string_view good = bytes.substr(0, static_cast<std::size_t>(scan.good_bytes));
    const Reading part = read_journal(good, 0);
    require(part.scan.state == engine::JournalState::whole && part.scan.tail == scan.tail,
            "the good part on its own is whole");
    if (scan.problem.empty()) {
        require(same_replay(once.replay, in_chunks.replay), "chunks replay to the same state");
        require(same_replay(once.replay, part.replay), "the good part replays to the same state");
    }
    if (scan.state == engine::JournalState::whole ||
        scan.state == engine::JournalState::torn_tail) {
        check_run_can_append(good, scan);
    }
}

}  // namespace keyferry::fuzz
