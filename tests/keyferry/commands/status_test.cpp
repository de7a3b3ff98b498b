// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/record.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::cli {
namespace {

using testing::HasSubstr;

class StatusCommand : public testing::Test {
  protected:
    /// Writes a journal of two jobs. The first is done, and the second has a record with
    /// `entry_event`.
    void write_journal(engine::JournalEvent entry_event, bool simulated = false) {
        engine::JournalHeader header;
        header.jobs = 2;
        header.fleet = "payments";
        header.simulated = simulated;
        const io::KeyArn key =
            io::KeyArn::parse(
                "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")
                .value();
        const io::Region region = io::Region::parse("eu-west-1").value();
        engine::JournalEncoder encoder(engine::JournalTail{});
        std::string bytes;
        encoder.append(bytes, io::WallTime{}, header);
        for (planner::JobIndex job = 0; job < 2; ++job) {
            engine::JobEntry entry(
                job == 0 ? engine::JournalEvent::done : entry_event, job, key, region);
            if (entry.event == engine::JournalEvent::done) {
                entry.attribution = engine::Attribution::created;
            } else if (entry.event == engine::JournalEvent::failed) {
                entry.code = "AccessDeniedException";
                entry.message = "denied by a policy";
            }
            encoder.append(bytes, io::WallTime{}, entry);
        }
        std::ofstream(path) << bytes;
    }

    int run(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), {"keyferry", "status", path.c_str()});
        CommandLine line("keyferry", "");
        add_status_command(line);
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        int code = 0;
        try {
            code = line.run(static_cast<int>(arguments.size()), arguments.data(), exit_usage);
        } catch (const CommandError& error) {  // as main() does
            log_error(error);
            code = error.exit_code();
        }
        report = testing::internal::GetCapturedStdout();
        log = testing::internal::GetCapturedStderr();
        return code;
    }

    test::TemporaryFolder folder;
    std::string path = folder.file("fleet.journal");
    std::string report;
    std::string log;
};

TEST_F(StatusCommand, reports_in_text) {
    write_journal(engine::JournalEvent::done);
    EXPECT_EQ(run({}), exit_done);
    EXPECT_THAT(report, HasSubstr("Fleet \"payments\": 2 of 2 replicas exist"));
    EXPECT_EQ(log, "");
}

TEST_F(StatusCommand, reports_in_json) {
    write_journal(engine::JournalEvent::done);
    EXPECT_EQ(run({"--json"}), exit_done);
    EXPECT_EQ(boost::json::parse(report).at("counts").at("created").to_number<int>(), 2);
}

TEST_F(StatusCommand, returns_exit_code_for_state_of_run) {
    write_journal(engine::JournalEvent::failed);
    EXPECT_EQ(run({}), exit_permission);
    write_journal(engine::JournalEvent::conflict);
    EXPECT_EQ(run({}), exit_jobs_failed);
    for (const engine::JournalEvent open : {engine::JournalEvent::sent,
                                            engine::JournalEvent::accepted,
                                            engine::JournalEvent::unknown,
                                            engine::JournalEvent::deferred}) {
        write_journal(open);
        EXPECT_EQ(run({}), exit_work_left) << name_of(open);
    }
}

TEST_F(StatusCommand, lists_jobs_that_are_not_done) {
    write_journal(engine::JournalEvent::failed);
    EXPECT_EQ(run({"--failed"}), exit_permission);
    EXPECT_THAT(report, HasSubstr("1 failed, AccessDeniedException\n  denied by a policy\n"));
    EXPECT_THAT(report, HasSubstr("What to do: "));
    EXPECT_EQ(run({"--failed", "--json"}), exit_permission);
    const boost::json::value value = boost::json::parse(report);
    ASSERT_EQ(value.at("jobs").as_array().size(), 1U);
    const boost::json::value& job = value.at("jobs").at(0);
    EXPECT_EQ(job.at("outcome"), "failed");
    EXPECT_EQ(job.at("region"), "eu-west-1");
    EXPECT_EQ(job.at("message"), "denied by a policy");
    EXPECT_NE(job.at("advice"), "");
    EXPECT_EQ(run({"--failed", "--format", "csv"}), exit_permission);
    EXPECT_THAT(report,
                HasSubstr("mrk-1234abcd12ab34cd56ef1234567890ab,eu-west-1,failed,"
                          "AccessDeniedException,denied by a policy,"));
    EXPECT_EQ(run({"--failed", "--format", "keys"}), exit_permission);
    EXPECT_THAT(report,
                HasSubstr("\narn:aws:kms:us-east-1:111122223333:key/"
                          "mrk-1234abcd12ab34cd56ef1234567890ab\n"));
    write_journal(engine::JournalEvent::sent);
    EXPECT_EQ(run({"--failed"}), exit_work_left);
    EXPECT_THAT(report, HasSubstr("1 unresolved, no code\n  eu-west-1: 1\n"));
    EXPECT_EQ(run({"--format", "csv"}), exit_usage) << "requires --failed";
    EXPECT_THAT(log, HasSubstr("--failed"));
}

TEST_F(StatusCommand, writes_the_same_report_in_each_format) {
    write_journal(engine::JournalEvent::failed);
    for (const char* format : {"text", "markdown", "html"}) {
        run({"--format", format});
        for (const char* part : {"1 of 2 replicas exist",
                                 "last record 1970-01-01 00:00:00 UTC",
                                 "denied by a policy",
                                 "1 failed, AccessDeniedException"}) {
            EXPECT_THAT(report, HasSubstr(part)) << format;
        }
    }
    EXPECT_THAT(report, testing::StartsWith("<!DOCTYPE html>"));
}

TEST_F(StatusCommand, rejects_files_that_are_not_journals) {
    EXPECT_EQ(run({}), exit_journal);
    EXPECT_THAT(log, HasSubstr("No such file"));
    std::ofstream(path) << "# a fleet\n";
    EXPECT_EQ(run({}), exit_journal);
    EXPECT_THAT(log, HasSubstr("is not a keyferry journal"));
    EXPECT_EQ(report, "");
}

}  // namespace
}  // namespace keyferry::cli
