// SPDX-License-Identifier: Apache-2.0
#include "engine/report/run_report.hpp"

#include "engine/journal/read/recovery.hpp"
#include "engine/report/run_document.hpp"
#include "planner/report/document_text.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/support/sample_journal.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sstream>
#include <string>

namespace keyferry::engine {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const RunReport& report) {
    return planner::document_text(run_document(report));
}

class RunReportTest : public testing::Test {
  protected:
    /// Adds one job in each state to a plan of `jobs`.
    void one_of_each(std::uint64_t jobs = 30) {
        journal = ExampleJournal::begun(jobs);
        planner::JobIndex job = 0;
        for (const Attribution how : {Attribution::created,
                                      Attribution::created,
                                      Attribution::created_reconciled,
                                      Attribution::existed}) {
            JobEntry entry = example_entry(JournalEvent::done, job++);
            entry.attribution = how;
            journal.add(entry);
        }
        for (const JournalEvent event : {JournalEvent::failed,
                                         JournalEvent::conflict,
                                         JournalEvent::unknown,
                                         JournalEvent::deferred}) {
            JobEntry entry = example_entry(event, job++);
            entry.code = event == JournalEvent::failed ? "AccessDeniedException" : "";
            entry.message = "a message\x1b[31m from KMS";
            entry.request_id = "request-1";
            journal.add(entry);
        }
        journal.add(JournalEvent::accepted, job++);
        journal.add(JournalEvent::sent, job);
    }
    RunReport report(bool live = false) {
        JournalReplay replay;
        JournalScanner scanner([&](const JournalRecord& record) { return replay.apply(record); });
        scanner.feed(journal.bytes);
        const JournalScan scan = scanner.finish();
        EXPECT_EQ(scan.state, JournalState::whole) << scan.problem;
        return make_run_report(replay, live);
    }

    ExampleJournal journal = ExampleJournal::begun();
};

TEST_F(RunReportTest, counts_add_up_to_the_plan) {
    one_of_each();
    const JobCounts counts = report().counts;
    EXPECT_EQ(counts.of(Attribution::created), 2u);
    EXPECT_EQ(counts.of(Attribution::created_reconciled), 1u);
    EXPECT_EQ(counts.of(Attribution::existed), 1u);
    EXPECT_EQ(counts.done(), 4u);
    for (const JobPhase phase : {JobPhase::failed,
                                 JobPhase::conflict,
                                 JobPhase::unknown,
                                 JobPhase::deferred,
                                 JobPhase::accepted,
                                 JobPhase::sent}) {
        EXPECT_EQ(counts.of(phase), 1u) << name_of(phase);
    }
    EXPECT_EQ(counts.of(JobPhase::not_started), 20u);
    EXPECT_EQ(counts.jobs(), 30u);
}

TEST_F(RunReportTest, describes_rewrites_and_missing_records) {
    one_of_each();
    const std::string before = text_of(report());
    EXPECT_THAT(before, Not(HasSubstr("journal ")));
    JournalRewrite rewrite;
    rewrite.how = JournalRewrite::How::salvaged;
    rewrite.records_before = 1200;
    rewrite.records_lost = 3;
    journal.encoder.append(journal.bytes, kExampleTime, rewrite);
    JournalLoss loss;
    loss.records = 3;
    loss.bytes = 700;
    journal.encoder.append(journal.bytes, kExampleTime, loss);
    const std::string text = text_of(report());
    EXPECT_THAT(text, HasSubstr("  journal salvaged from 1,200 records"));
    EXPECT_THAT(text, HasSubstr("  lost: 3 records (700 bytes) left out because of damage"));
    const boost::json::value json = boost::json::parse(run_report_json(report()));
    EXPECT_EQ(json.at("rewrites").at(0).at("how"), "salvaged");
    EXPECT_EQ(json.at("lost_records"), 3);
}

TEST_F(RunReportTest, does_not_claim_that_replicas_existed_when_records_are_lost) {
    one_of_each();
    EXPECT_THAT(text_of(report()), HasSubstr("1  already existed\n"));
    JournalLoss loss;
    loss.bytes = 700;
    journal.encoder.append(journal.bytes, kExampleTime, loss);
    EXPECT_THAT(text_of(report()),
                HasSubstr("1  already existed, or the record of their creation is lost\n"));
}

TEST_F(RunReportTest, regions_add_up_to_the_plan) {
    one_of_each();
    const RunReport made = report();
    ASSERT_EQ(made.regions.size(), 3u);
    EXPECT_EQ(made.regions[0].region, "ap-southeast-2");
    std::uint64_t jobs = 0;
    for (const RegionOutcome& region : made.regions) {
        EXPECT_EQ(region.counts.jobs(), 10u);
        jobs += region.counts.jobs();
    }
    EXPECT_EQ(jobs, 30u);
}

TEST_F(RunReportTest, counts_unusable_replicas_and_blocked_jobs_as_manual_work) {
    journal = ExampleJournal::begun(3);
    journal.add(JournalEvent::done, 0);
    JobEntry blocked = example_entry(JournalEvent::blocked, 1);
    blocked.code = "PolicyLockout";
    journal.add(blocked);
    JobEntry unusable = example_entry(JournalEvent::unusable, 2);
    unusable.key_state = "PendingImport";
    journal.add(unusable);
    const RunReport made = report();
    EXPECT_EQ(made.counts.of(JobPhase::unusable), 1u);
    EXPECT_EQ(made.counts.of(JobPhase::blocked), 1u);
    EXPECT_EQ(made.counts.done(), 1u);
    EXPECT_EQ(made.counts.jobs(), 3u);
    EXPECT_EQ(verdict_on(made.counts), RunVerdict::some_failed);
    const std::string text = text_of(made);
    EXPECT_THAT(text, HasSubstr("1 of 3 replicas exist and are usable"));
    EXPECT_THAT(text, HasSubstr("1 unusable, PendingImport"));
    EXPECT_THAT(text, HasSubstr("Import it into each of them"));
    EXPECT_THAT(text, HasSubstr("1 blocked, PolicyLockout"));
    unusable.event = JournalEvent::done;
    unusable.attribution = Attribution::created;
    journal.add(unusable);
    EXPECT_EQ(verdict_on(report().counts), RunVerdict::some_failed);
}

TEST_F(RunReportTest, reports_why_jobs_are_open_and_which_calls_were_throttled) {
    journal.encoder.append(journal.bytes, kExampleTime, test::sample_access());
    journal.add(JournalEvent::sent, 1);
    JobEntry pending = example_entry(JournalEvent::pending, 1);
    pending.code = "ThrottlingException";
    pending.message = "Rate exceeded";
    pending.reason_time = kExampleTime - std::chrono::minutes(1);
    journal.add(pending);
    journal.encoder.append(journal.bytes, kExampleTime, test::sample_end("refused"));
    const RunReport made = report();
    const std::string text = text_of(made);
    EXPECT_THAT(text,
                HasSubstr("Unfinished when the run ended, by last reason\n  1 sent, "
                          "ThrottlingException (2026-08-26 11:59:00 UTC: Rate exceeded)"));
    EXPECT_THAT(text, HasSubstr("ended early: ExpiredTokenException: The security token is"));
    EXPECT_THAT(text,
                HasSubstr("throttled: DescribeKey in eu-west-1 3, ReplicateKey in eu-west-1 1, "
                          "ReplicateKey in us-east-1"));
    const json::value value = json::parse(run_report_json(made));
    EXPECT_EQ(value.at("pending").at(0).at("code"), "ThrottlingException");
    EXPECT_EQ(value.at("pending").at(0).at("examples").at(0).at("time"),
              "2026-08-26T11:59:00.123Z");
    const json::value& run = value.at("runs").at(0);
    EXPECT_EQ(run.at("end_code"), "ExpiredTokenException");
    EXPECT_EQ(run.at("end_reason_time"), "2026-08-26T11:59:59.001Z");
    EXPECT_EQ(run.at("throttles").at("ReplicateKey").at("us-east-1"), 1200);
    EXPECT_EQ(value.at("access").at("origin"), "http://localhost:4566");
}

TEST_F(RunReportTest, verdict_puts_remaining_work_before_failures) {
    one_of_each();
    EXPECT_EQ(verdict_on(report().counts), RunVerdict::work_left);
    journal = ExampleJournal::begun(2);
    journal.add(JournalEvent::done, 0);
    journal.add(JournalEvent::failed, 1);
    EXPECT_EQ(verdict_on(report().counts), RunVerdict::some_failed);
    journal = ExampleJournal::begun(1);
    journal.add(JournalEvent::done, 0);
    RunReport made = report();
    EXPECT_EQ(verdict_on(made), RunVerdict::all_done);
    made.unchecked = 1;
    EXPECT_EQ(verdict_on(made), RunVerdict::work_left) << "a replica could not be checked";
    journal = ExampleJournal::begun(0);
    EXPECT_EQ(verdict_on(report().counts), RunVerdict::all_done) << "an empty plan is done";
}

TEST_F(RunReportTest, formats_the_whole_report) {
    journal = ExampleJournal::begun(3);
    for (planner::JobIndex job = 0; job < 2; ++job) {
        journal.add(JournalEvent::done, job);
    }
    JobEntry failed = example_entry(JournalEvent::failed, 2);
    failed.code = "DisabledException";
    failed.message = "key is disabled";
    failed.request_id = "request-1";
    journal.add(failed);
    journal.encoder.append_end(journal.bytes, kExampleTime + std::chrono::seconds(65), "finished");
    EXPECT_EQ(text_of(report()), R"text(Fleet "payments": 2 of 3 replicas exist
  last record 2026-08-26 12:01:05 UTC, host worker-1, KMS endpoint unknown
  plan sha256 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  caller unknown

Replicas
  outcome               replicas
  created                      2
  created (reconciled)         0
  existed                      0
  failed                       1
  conflict                     0
  unknown                      0
  deferred                     0
  total                        3

By Region
  Region          replicas  created  existed  failed  conflict  unusable  pending
  ap-southeast-2         1        0        0       1         0         0        0
  eu-central-1           1        1        0       0         0         0        0
  eu-west-1              1        1        0       0         0         0        0

1 failed, DisabledException
  key is disabled
  ap-southeast-2: 1
  primary                                                                      Region
  arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab  ap-southeast-2
  request request-1
  What to do: Enable the primary key, then run again with --retry-failed.

1 run, 1 min 5 s in total (times are UTC)
  started                   took  process  host      end
  2026-08-26 12:00:00  1 min 5 s  4711     worker-1  finished
)text");
}

TEST_F(RunReportTest, has_no_line_over_a_hundred_columns) {
    one_of_each(3'000'000);
    std::istringstream lines(text_of(report(true)));
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 100u) << line;
    }
}

TEST_F(RunReportTest, replaces_control_characters_of_external_text) {
    one_of_each();
    EXPECT_THAT(text_of(report()), Not(HasSubstr("\x1b")));
}

TEST_F(RunReportTest, explains_stuck_jobs_with_advice) {
    one_of_each();
    const RunReport made = report();
    ASSERT_EQ(made.stuck.size(), 4u);
    EXPECT_EQ(made.stuck[0].phase, JobPhase::failed);
    EXPECT_EQ(made.stuck[0].code, "AccessDeniedException");
    EXPECT_THAT(made.stuck[0].advice, HasSubstr("kms:ReplicateKey"));
    const std::string text = text_of(made);
    EXPECT_THAT(text, HasSubstr("1 failed, AccessDeniedException"));
    EXPECT_THAT(text, HasSubstr("request request-1"));
    EXPECT_THAT(text, HasSubstr("What to do: "));
}

TEST_F(RunReportTest, prints_each_message_once) {
    journal = ExampleJournal::begun(60);
    for (planner::JobIndex job = 0; job < 37; ++job) {
        JobEntry entry = example_entry(JournalEvent::failed, job);
        entry.code = job < 30 ? "AccessDeniedException" : "TagException";
        entry.message = job < 20   ? fmt::format("User is not authorized (request {:012})", job)
                        : job < 30 ? "User is not authorized, explicit deny"
                                   : "Tag is reserved";
        journal.add(entry);
    }
    const std::string text = text_of(report());
    EXPECT_THAT(text,
                HasSubstr("\n30 failed, AccessDeniedException\n  20 of 30: User is not "
                          "authorized (request <account>)\n"));
    EXPECT_THAT(text,
                HasSubstr("  ... and 15 more (`keyferry status JOURNAL --failed` lists them)\n"
                          "  10 of 30: User is not authorized, explicit deny\n"));
    EXPECT_THAT(text, HasSubstr("\n7 failed, TagException\n  Tag is reserved\n"));
    for (const char* once : {"explicit deny", "Tag is reserved", "needs kms:ReplicateKey"}) {
        EXPECT_EQ(text.find(once), text.rfind(once)) << once;
    }
    const json::value value = json::parse(run_report_json(report()));
    EXPECT_EQ(value.at("stuck").as_array().size(), 3u);
    EXPECT_EQ(value.at("stuck").at(1).at("message"), "User is not authorized, explicit deny");
}

TEST_F(RunReportTest, distinguishes_live_killed_and_ended_runs) {
    journal.add(JournalEvent::sent, 1);
    EXPECT_THAT(text_of(report(true)), HasSubstr("process 4711 on worker-1 is running"));
    EXPECT_THAT(text_of(report(true)), HasSubstr("in flight"));
    EXPECT_THAT(text_of(report(false)), HasSubstr("the last run was killed"));
    EXPECT_THAT(text_of(report(false)), HasSubstr("unresolved"));
    journal.end("interrupted");
    EXPECT_THAT(text_of(report(false)), Not(HasSubstr("killed")));
    EXPECT_THAT(text_of(report(false)), HasSubstr("interrupted"));
}

TEST_F(RunReportTest, shows_that_a_run_was_simulated) {
    JournalHeader header = example_header();
    header.simulated = true;
    journal = ExampleJournal();
    journal.encoder.append(journal.bytes, kExampleTime, header);
    EXPECT_THAT(text_of(report()), HasSubstr("simulated"));
}

TEST_F(RunReportTest, json_is_one_object) {
    one_of_each();
    const boost::json::value value = boost::json::parse(run_report_json(report()));
    EXPECT_EQ(value.at("format").as_string(), "keyferry-run-report-1");
    EXPECT_EQ(value.at("verdict").as_string(), "work left");
    EXPECT_EQ(value.at("counts").at("jobs").to_number<int>(), 30);
    EXPECT_EQ(value.at("counts").at("created").to_number<int>(), 2);
    EXPECT_EQ(value.at("regions").at(0).at("region").as_string(), "ap-southeast-2");
    EXPECT_EQ(value.at("stuck").at(0).at("code").as_string(), "AccessDeniedException");
    EXPECT_EQ(value.at("stuck").at(0).at("examples").at(0).at("message").as_string(),
              "a message\x1b[31m from KMS");
    EXPECT_EQ(value.at("runs").at(0).at("pid").to_number<int>(), 4711);
    EXPECT_FALSE(value.at("live").as_bool());
}

}  // namespace
}  // namespace keyferry::engine
