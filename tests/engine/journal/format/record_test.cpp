// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/record.hpp"

#include "engine/journal/format/parse.hpp"
#include "engine/journal/format/text.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/support/sample_journal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <string>

namespace keyferry::engine {
namespace {

using testing::HasSubstr;

/// The line of one record, without the newline, and the frame and body parsed from it.
struct Line {
    explicit Line(std::string line) : text(std::move(line)) {
        EXPECT_TRUE(text.ends_with('\n'));
        text.pop_back();
        EXPECT_TRUE(read_journal_frame(text, frame));
        EXPECT_EQ(read_journal_body(frame, record), JournalReading::understood);
    }
    const JournalJobRecord& job() const { return std::get<JournalJobRecord>(record.body); }

    std::string text;
    JournalFrame frame;
    JournalRecord record;
};

Line line_of(const JobEntry& entry, JournalTail tail = {16, 0x9ae0daaf}) {
    JournalEncoder encoder(tail);
    std::string line;
    encoder.append(line, kExampleTime, entry);
    return Line(line);
}

TEST(JournalFormat, writes_a_sent_record) {
    EXPECT_EQ(line_of(example_entry(JournalEvent::sent, 8)).text,
              R"({"n":16,"k":16,"p":"9ae0daaf","t":"2026-08-26T12:00:00.123Z","ev":"sent",)"
              R"("job":8,"key":"arn:aws:kms:us-east-1:111122223333:key/)"
              R"(mrk-1234abcd12ab34cd56ef1234567890ab","region":"ap-southeast-2","att":1,)"
              R"("digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",)"
              R"("c":"ac6bc232"})");
}

TEST(JournalFormat, writes_the_values_of_a_change) {
    const io::KeyArn& key = test::sample_key();
    BeforeEntry entry(8, key, io::KmsApi::put_key_policy);
    entry.part = 2;
    entry.parts = 3;
    entry.text = R"({"from":"\u00e9")";
    JournalEncoder encoder(JournalTail{16, 0x9ae0daaf});
    std::string text;
    encoder.append(text, kExampleTime, entry);
    const Line line(text);
    EXPECT_THAT(line.text,
                HasSubstr(R"("ev":"before","job":8,"key":"arn:aws:kms:us-east-1:111122223333:key/)"
                          R"(mrk-1234abcd12ab34cd56ef1234567890ab","region":"us-east-1",)"
                          R"("act":"PutKeyPolicy","part":2,"of":3,"text":"{\"from\":)"));
    const auto& before = std::get<JournalBefore>(line.record.body);
    EXPECT_EQ(before.job, 8U);
    EXPECT_EQ(before.action, io::KmsApi::put_key_policy);
    EXPECT_EQ(before.part, 2U);
    EXPECT_EQ(before.parts, 3U);
    EXPECT_EQ(read_journal_text(before.text), entry.text);
}

TEST(JournalFormat, records_the_verb_of_a_journal) {
    for (const JournalVerb verb : {JournalVerb::run, JournalVerb::sync, JournalVerb::undo}) {
        JournalHeader header = test::sample_header();
        header.verb = verb;
        JournalEncoder encoder(JournalTail{});
        std::string text;
        encoder.append(text, kExampleTime, header);
        const Line line(text);
        EXPECT_EQ(std::get<JournalHeader>(line.record.body).verb, verb);
        EXPECT_EQ(line.text.find("\"verb\"") == std::string::npos, verb == JournalVerb::run);
    }
}

TEST(JournalFormat, change_needs_no_attribution) {
    JobEntry entry = example_entry(JournalEvent::done, 8);
    entry.action = io::KmsApi::tag_resource;
    entry.attribution.reset();
    EXPECT_EQ(line_of(entry).job().attribution, std::nullopt);
}

TEST(JournalFormat, records_how_far_the_kms_clock_is_ahead) {
    for (const int ahead_ms : {0, 61'000, -250}) {
        JobEntry entry = example_entry(JournalEvent::sent, 8);
        entry.kms_clock_ahead = std::chrono::milliseconds(ahead_ms);
        const Line line = line_of(entry);
        EXPECT_EQ(line.job().kms_clock_ahead, entry.kms_clock_ahead);
        EXPECT_NE(line.text.find(",\"off\":" + std::to_string(ahead_ms) + ","), std::string::npos);
    }
    EXPECT_EQ(line_of(example_entry(JournalEvent::sent, 8)).job().kms_clock_ahead, std::nullopt);
}

TEST(JournalFormat, bounds_the_recorded_clock_difference) {
    JobEntry entry = example_entry(JournalEvent::sent, 8);
    entry.kms_clock_ahead = std::chrono::milliseconds::min();
    EXPECT_EQ(line_of(entry).job().kms_clock_ahead, -kJournalClockAheadMax);
}

TEST(JournalFormat, writes_a_done_record) {
    JobEntry entry = example_entry(JournalEvent::done, 8);
    entry.attribution = Attribution::created_reconciled;
    entry.key_state = "Enabled";
    entry.creation_date_s = 1787745601.5;
    entry.request_id = "0d7c-11";
    EXPECT_EQ(line_of(entry).text,
              R"({"n":16,"k":16,"p":"9ae0daaf","t":"2026-08-26T12:00:00.123Z","ev":"done",)"
              R"("job":8,"key":"arn:aws:kms:us-east-1:111122223333:key/)"
              R"(mrk-1234abcd12ab34cd56ef1234567890ab","region":"ap-southeast-2",)"
              R"x("how":"created (reconciled)","state":"Enabled","created":1787745601.500,)x"
              R"("request_id":"0d7c-11","c":"4d8c4257"})");
}

TEST(JournalFormat, writes_header_run_and_end) {
    ExampleJournal journal = ExampleJournal::begun();
    journal.end("finished");
    EXPECT_EQ(journal.bytes,
              R"({"n":0,"k":0,"p":"00000000","t":"2026-08-26T12:00:00.123Z","ev":"open",)"
              R"("fmt":"keyferry-journal","v":2,"min_reader":2,"plan_sha256":)"
              R"("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","jobs":30,)"
              R"("regions":{"eu-west-1":10,"eu-central-1":10,"ap-southeast-2":10},)"
              R"("accounts":["111122223333"],"accounts_total":1,"partition":"aws",)"
              R"("fleet":"payments","tool":"keyferry 0.1.0","simulated":false,"c":"c7118c71"})"
              "\n"
              R"({"n":1,"k":1,"p":"c7118c71","t":"2026-08-26T12:00:00.123Z","ev":"run",)"
              R"("pid":4711,"host":"worker-1","boot_id":"0b5c","version":"keyferry 0.1.0",)"
              R"("c":"dad4e527"})"
              "\n"
              R"({"n":2,"k":2,"p":"dad4e527","t":"2026-08-26T12:00:00.123Z","ev":"end",)"
              R"("how":"finished","c":"e57a89ca"})"
              "\n");
}

TEST(JournalFormat, reads_a_header_back) {
    JournalHeader header = example_header();
    header.fleet = "with \"quotes\" and \xc3\xb6";
    header.simulated = true;
    JournalEncoder encoder(JournalTail{});
    std::string line;
    encoder.append(line, kExampleTime, header);
    EXPECT_EQ(std::get<JournalHeader>(Line(line).record.body), header);
}

TEST(JournalFormat, reads_a_run_back) {
    JournalRun run = example_run();
    run.caller = "arn:aws:sts::111122223333:assumed-role/dr/session";
    run.torn_bytes = 123;
    run.filter = "--region 'eu-*'";
    JournalEncoder encoder(JournalTail{7, 8});
    std::string line;
    encoder.append(line, kExampleTime, run);
    EXPECT_EQ(std::get<JournalRun>(Line(line).record.body), run);
}

TEST(JournalFormat, writes_how_the_runs_call_kms) {
    JournalEncoder encoder(JournalTail{1, 2});
    std::string line;
    encoder.append(line, kExampleTime, test::sample_access());
    EXPECT_THAT(line,
                HasSubstr(R"("ev":"access","endpoint":"custom","origin":"http://localhost:4566",)"
                          R"("callers":{"111122223333":)"
                          R"("arn:aws:sts::111122223333:assumed-role/replicator",)"
                          R"("444455556666":""},"c":)"));
    EXPECT_EQ(std::get<JournalAccess>(Line(line).record.body), test::sample_access());
}

TEST(JournalFormat, omits_what_is_unknown_about_the_access) {
    for (const bool knows_endpoint : {false, true}) {
        JournalAccess access;
        if (knows_endpoint) {
            access.endpoint = JournalAccess::Endpoint::aws;
        }
        JournalEncoder encoder(JournalTail{1, 2});
        std::string line;
        encoder.append(line, kExampleTime, access);
        EXPECT_EQ(line.find("callers"), std::string::npos);
        EXPECT_EQ(std::get<JournalAccess>(Line(line).record.body), access);
    }
}

TEST(JournalFormat, keeps_the_longest_access_within_the_line) {
    JournalAccess access;
    access.endpoint = JournalAccess::Endpoint::custom;
    access.origin = std::string(10'000, '"');
    access.callers.assign(100, {"111122223333", std::string(kJournalNameBytesMax, 'a')});
    access.callers[1].arn += 'a';
    JournalEncoder encoder(JournalTail{std::numeric_limits<std::uint64_t>::max() - 1, 0xffffffff});
    std::string text;
    encoder.append(text, kExampleTime, access);
    const Line line(text);
    const auto& read = std::get<JournalAccess>(line.record.body);
    ASSERT_EQ(read.callers.size(), kJournalCallersMax);
    EXPECT_EQ(read.callers[0], access.callers[0]);
    EXPECT_EQ(read.callers[1].arn, "") << "a truncated ARN would match others";
}

TEST(JournalFormat, writes_the_action_of_a_job_unless_it_is_ReplicateKey) {
    JobEntry entry = example_entry(JournalEvent::sent, 3);
    entry.action = io::KmsApi::tag_resource;
    const Line line = line_of(entry);
    EXPECT_THAT(line.text, HasSubstr(R"("region":"eu-west-1","act":"TagResource","att":1)"));
    EXPECT_EQ(line.job().action, io::KmsApi::tag_resource);
    entry.action = io::KmsApi::replicate_key;
    EXPECT_EQ(line_of(entry).text, line_of(example_entry(JournalEvent::sent, 3)).text);
}

TEST(JournalFormat, writes_the_last_reason_of_an_open_job_and_its_time) {
    JobEntry entry = example_entry(JournalEvent::pending, 3);
    entry.code = "ThrottlingException";
    entry.message = "Rate exceeded";
    entry.reason_time = kExampleTime - std::chrono::minutes(2);
    const Line line = line_of(entry);
    EXPECT_THAT(line.text,
                HasSubstr(R"("code":"ThrottlingException","message":"Rate exceeded",)"
                          R"("at":"2026-08-26T11:58:00.123Z","c":)"));
    EXPECT_EQ(line.job().reason_time, entry.reason_time);
}

TEST(JournalFormat, writes_the_state_of_an_unusable_replica) {
    JobEntry entry = example_entry(JournalEvent::unusable, 3);
    entry.key_state = "PendingImport";
    EXPECT_FALSE(line_of(entry).job().attribution) << "the attribution may be unknown";
    entry.attribution = Attribution::created;
    EXPECT_EQ(line_of(entry).job().attribution, Attribution::created);
    EXPECT_EQ(line_of(entry).job().state, "PendingImport");
}

TEST(JournalFormat, writes_why_a_run_ended_and_which_calls_were_throttled) {
    JournalEncoder encoder(JournalTail{1, 2});
    std::string line;
    encoder.append(line, kExampleTime, test::sample_end("refused"));
    EXPECT_THAT(line,
                HasSubstr(R"("how":"refused","code":"ExpiredTokenException",)"
                          R"("message":"The security token is \"expired\".",)"
                          R"("at":"2026-08-26T11:59:59.001Z",)"
                          R"("throttles":{"DescribeKey":{"eu-west-1":3},)"
                          R"("ReplicateKey":{"eu-west-1":1,"us-east-1":1200}},"c":)"));
    const Line read(line);
    const auto& end = std::get<JournalEnd>(read.record.body);
    EXPECT_EQ(end.code, "ExpiredTokenException");
    EXPECT_EQ(end.reason_time, test::sample_end("refused").reason_time);
    EXPECT_EQ(end.throttles, test::sample_end("refused").throttles);
    EXPECT_EQ(end.throttles_other, 0u);
}

TEST(JournalFormat, keeps_the_longest_end_within_the_line) {
    RunEndEntry end(std::string(10'000, '\n'));
    end.code = end.message = end.how;
    end.reason_time = kExampleTime;
    for (int index = 0; index < 100; ++index) {
        ThrottleCount count;
        count.api = std::to_string(index % 28) + std::string(40, 'a');
        count.region = std::to_string(index) + std::string(40, 'r');
        count.calls = index < 60 ? std::numeric_limits<std::uint64_t>::max() / 2 : 1;
        end.throttles.push_back(count);
    }
    JournalEncoder encoder(JournalTail{std::numeric_limits<std::uint64_t>::max() - 1, 0xffffffff});
    std::string text;
    encoder.append(text, kExampleTime, end);
    const Line line(text);
    EXPECT_EQ(std::get<JournalEnd>(line.record.body).throttles.size(), kJournalThrottlesMax);
    EXPECT_GT(std::get<JournalEnd>(line.record.body).throttles_other, 40u);
}

TEST(JournalFormat, reads_every_member_of_a_job_record_back) {
    JobEntry entry = example_entry(JournalEvent::conflict, 3);
    entry.attempt = 2;
    entry.key_state = "PendingDeletion";
    entry.creation_date_s = 0.001;
    entry.code = "KMSInvalidStateException";
    entry.message = "it is \"pending\"\ndeletion";
    entry.request_id = "id";
    const Line line = line_of(entry);
    const JournalJobRecord& job = line.job();
    EXPECT_EQ(job.event, JournalEvent::conflict);
    EXPECT_EQ(job.job, 3u);
    EXPECT_EQ(job.key, example_key().text());
    EXPECT_EQ(job.region, "eu-west-1");
    EXPECT_EQ(job.attempt, 2);
    EXPECT_EQ(job.state, "PendingDeletion");
    EXPECT_EQ(job.creation_date_s, 0.001);
    EXPECT_EQ(job.code, "KMSInvalidStateException");
    EXPECT_EQ(read_journal_text(job.message), entry.message);
    EXPECT_EQ(job.request_id, "id");
    EXPECT_EQ(line.record.time, kExampleTime);
    EXPECT_EQ(line.frame.previous_crc, 0x9ae0daafU);
}

TEST(JournalFormat, keeps_the_longest_record_within_the_line) {
    JobEntry entry = example_entry(JournalEvent::unknown, 4'294'967);
    entry.attempt = 1'000'000;
    entry.request_digest = std::string(1000, '"');
    entry.key_state = entry.code = entry.message = entry.request_id = std::string(100'000, '\n');
    entry.creation_date_s = 99'999'999'999.999;
    const Line line =
        line_of(entry, JournalTail{std::numeric_limits<std::uint64_t>::max() - 1, 0xffffffff});
    EXPECT_LT(line.text.size(), kJournalLineBytesMax);
    EXPECT_TRUE(line.job().message.ends_with("..."));
}

TEST(JournalFormat, keeps_the_longest_header_within_the_line) {
    JournalHeader header = example_header();
    header.regions.assign(1000, {std::string(32, 'r'), 100'000'000});
    header.accounts.assign(1000, "111122223333");
    header.accounts_total = std::numeric_limits<std::uint64_t>::max();
    header.fleet = header.tool = header.partition = std::string(10'000, '\n');
    JournalEncoder encoder(JournalTail{});
    std::string text;
    encoder.append(text, kExampleTime, header);
    const Line line(text);
    EXPECT_EQ(std::get<JournalHeader>(line.record.body).regions.size(), kJournalHeaderRegionsMax);
    EXPECT_EQ(std::get<JournalHeader>(line.record.body).accounts.size(), kJournalHeaderAccountsMax);
}

TEST(JournalFormat, omits_invalid_creation_dates) {
    for (const double date : {-1.0, 1e300, std::nan(""), HUGE_VAL}) {
        JobEntry entry = example_entry(JournalEvent::accepted, 1);
        entry.creation_date_s = date;
        EXPECT_FALSE(line_of(entry).job().creation_date_s) << date;
    }
}

TEST(JournalFormat, chains_records_and_numbers_batches) {
    ExampleJournal journal;
    journal.encoder.append(journal.bytes, kExampleTime, example_header());
    const std::uint32_t header_crc = journal.encoder.tail().previous_crc;
    journal.batch();
    journal.bytes.clear();
    journal.add(JournalEvent::sent, 1);
    const Line first(journal.bytes);
    journal.bytes.clear();
    journal.add(JournalEvent::sent, 2);
    const Line second(journal.bytes);
    EXPECT_EQ(first.frame.previous_crc, header_crc);
    EXPECT_EQ(second.frame.previous_crc, first.frame.crc);
    EXPECT_EQ(second.frame.sequence, 2u);
    EXPECT_EQ(second.frame.batch_first, 1u);
}

/// A line with a different body and a valid CRC, which only a program can produce.
std::string forged(std::string_view body) {
    std::string line = R"({"n":5,"k":5,"p":"00000000")" + std::string(body);
    return line + seal_of(line);
}

JournalReading reading_of(std::string_view body) {
    const std::string line = forged(body);
    JournalFrame frame;
    JournalRecord record;
    EXPECT_TRUE(read_journal_frame(line, frame)) << line;
    return read_journal_body(frame, record);
}

constexpr std::string_view kTime = R"(,"t":"2026-08-26T12:00:00.123Z")";

TEST(JournalFormat, skips_unknown_events_only_if_optional) {
    EXPECT_EQ(reading_of(std::string(kTime) + R"(,"ev":"moved","opt":1,"to":"mars")"),
              JournalReading::understood);
    EXPECT_EQ(reading_of(std::string(kTime) + R"(,"ev":"moved","to":"mars")"),
              JournalReading::unknown_event);
    EXPECT_EQ(reading_of(std::string(kTime) + R"(,"ev":"moved")"), JournalReading::unknown_event);
}

TEST(JournalFormat, leaves_jobs_with_an_unknown_action_to_later_versions) {
    const std::string job = std::string(kTime) + R"(,"ev":"sent","job":1,"key":"k","region":"r")";
    EXPECT_EQ(reading_of(job + R"(,"act":"TagResource")"), JournalReading::understood);
    EXPECT_EQ(reading_of(job + R"(,"act":"MoveKey")"), JournalReading::unknown_event);
    EXPECT_EQ(reading_of(job + R"(,"act":"ReplicateKey")"), JournalReading::malformed)
        << "not in canonical form";
}

TEST(JournalFormat, accepts_only_the_canonical_form) {
    const std::string job = R"(,"ev":"sent","job":1,"key":"k","region":"r")";
    EXPECT_EQ(reading_of(std::string(kTime) + job + R"(,"att":1)"), JournalReading::understood);
    for (const std::string& body :
         {job,
          std::string(kTime),
          std::string(R"(,"t":"2026-02-30T12:00:00.123Z")") + job,
          std::string(kTime) + job + R"(,"att":0)",
          std::string(kTime) + job + R"(,"att":01)",
          std::string(kTime) + job + R"(,"att":1000001)",
          std::string(kTime) + job + R"( ,"att":1)",
          std::string(kTime) + job + R"(,"code":"x","att":1)",
          std::string(kTime) + job + R"(,"digest":"d)",
          std::string(kTime) + job + R"(,"digest":"d\")",
          std::string(kTime) + job + R"(,"digest":")" + std::string(65, 'd') + '"',
          std::string(kTime) + job + R"(,"how":"created")",
          std::string(kTime) + job + R"(,"created":1.5)",
          std::string(kTime) + job + R"(,"created":1.50x)",
          std::string(kTime) + job + R"(,"more":1)",
          std::string(kTime) + job + R"(,"act":"TagResource)",
          std::string(kTime) + job + R"(,"at":"2026-08-26")",
          std::string(kTime) + R"(,"ev":"access","endpoint":"mars")",
          std::string(kTime) + R"(,"ev":"access","endpoint":"aws","origin":"http://a")",
          std::string(kTime) + R"(,"ev":"access","callers":{})",
          std::string(kTime) + R"(,"ev":"access","callers":{"1":"a",})",
          std::string(kTime) + R"(,"ev":"end","how":"x","throttles":{})",
          std::string(kTime) + R"(,"ev":"end","how":"x","throttles":{"A":{}})",
          std::string(kTime) + R"(,"ev":"end","how":"x","throttles":{"A":{"r":1}},)",
          std::string(kTime) + R"(,"ev":"end","how":"x","throttles_other":1)",
          std::string(kTime) + R"(,"ev":"sent","job":100000000,"key":"k","region":"r")",
          std::string(kTime) + R"(,"ev":"sent","job":18446744073709551616,"key":"k","region":"r")",
          std::string(kTime) + R"(,"ev":"done","job":1,"key":"k","region":"r")",
          std::string(kTime) + R"(,"ev":"done","job":1,"key":"k","region":"r","how":"stolen")",
          std::string(kTime) +
              R"(,"ev":"run","pid":2147483648,"host":"","boot_id":"","version":"")",
          std::string(kTime) + R"(,"ev":"run","pid":1,"host":"\x","boot_id":"","version":"")",
          std::string(kTime) + R"(,"ev":"end")"}) {
        EXPECT_EQ(reading_of(body), JournalReading::malformed) << body;
    }
}

TEST(JournalFormat, rejects_lines_without_a_valid_frame) {
    JournalFrame frame;
    std::string good = forged(kTime);
    ASSERT_TRUE(read_journal_frame(good, frame));
    EXPECT_FALSE(read_journal_frame("", frame));
    EXPECT_FALSE(read_journal_frame(good.substr(1), frame));
    EXPECT_FALSE(read_journal_frame(good + " ", frame));
    for (const char* start : {R"({"n":05,"k":5,"p":"00000000")",
                              R"({"n":5,"k":6,"p":"00000000")",
                              R"({"n":5,"k":5,"p":"0000000G")",
                              R"({"n":5,"k":5,"p":"0000000)",
                              R"({"n":,"k":5,"p":"00000000")",
                              R"({"k":5,"n":5,"p":"00000000")"}) {
        EXPECT_FALSE(read_journal_frame(start + seal_of(start), frame)) << start;
    }
    const std::string longest(kJournalLineBytesMax - kJournalSealBytes, ' ');
    EXPECT_FALSE(read_journal_frame(longest + seal_of(longest), frame)) << "no space for a newline";
}

}  // namespace
}  // namespace keyferry::engine
