// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/problem.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

namespace keyferry::engine {
namespace {

JournalScan scan_with(JournalState state) {
    JournalScan scan;
    scan.state = state;
    scan.tail.next_sequence = 12;
    scan.good_bytes = 3456;
    scan.bytes = 7890;
    scan.proof_sequence = 15;
    scan.problem = "record 12: job 99 is not in the plan";
    return scan;
}

std::string text_for(const JournalScan& scan) {
    const std::optional<JournalProblem> problem = journal_scan_problem("run.journal", scan);
    return problem ? problem->text : "";
}

TEST(JournalScanProblem, is_empty_where_a_run_can_continue) {
    for (const JournalState state :
         {JournalState::empty, JournalState::whole, JournalState::torn_tail}) {
        EXPECT_FALSE(journal_scan_problem("run.journal", scan_with(state)).has_value());
    }
}

TEST(JournalScanProblem, names_the_damaged_record_its_offset_the_proof_and_the_remedy) {
    EXPECT_EQ(text_for(scan_with(JournalState::damaged)),
              "journal run.journal: record 12 at byte 3456 is damaged, but the later record 15 is "
              "valid, so this is not a torn tail. Nothing was changed. Recover the valid records "
              "into a new journal with `keyferry journal salvage`, or restore the file from a "
              "backup.");
}

TEST(JournalScanProblem, offers_no_salvage_of_the_journal_of_a_sync) {
    for (const JournalState state : {JournalState::damaged, JournalState::not_understood}) {
        JournalScan scan = scan_with(state);
        scan.verb = JournalVerb::sync;
        EXPECT_EQ(text_for(scan).find("salvage"), std::string::npos);
        EXPECT_NE(text_for(scan).find("JSON lines whose event is `before`"), std::string::npos);
    }
}

TEST(JournalScanProblem, claims_no_proof_for_a_damaged_header) {
    JournalScan scan = scan_with(JournalState::damaged);
    scan.tail = JournalTail{};
    scan.good_bytes = 0;
    scan.proof_sequence = 0;
    EXPECT_EQ(text_for(scan),
              "journal run.journal: its first record is damaged, so it is unknown which plan "
              "it belongs to. Nothing was changed. Restore the file from a backup, or start a new "
              "journal; existing replicas will be detected.");
}

TEST(JournalScanProblem, advises_removal_only_of_an_incomplete_header) {
    for (const JournalState state : {JournalState::damaged,
                                     JournalState::not_a_journal,
                                     JournalState::newer_version,
                                     JournalState::not_understood}) {
        EXPECT_EQ(text_for(scan_with(state)).find("Remove"), std::string::npos);
    }
    EXPECT_NE(text_for(scan_with(JournalState::header_incomplete)).find("Remove the file"),
              std::string::npos);
}

TEST(JournalScanProblem, includes_what_could_not_be_understood) {
    for (const JournalState state : {JournalState::newer_version, JournalState::not_understood}) {
        EXPECT_NE(text_for(scan_with(state)).find("job 99 is not in the plan"), std::string::npos);
    }
}

/// verify, export and salvage report the same errors, but have different options than run.
TEST(JournalIoProblem, names_file_error_and_remedy_for_any_command) {
    for (const int error : {ENOSPC, EFBIG, EACCES, ENOENT, ELOOP, EINVAL, EIO, ENOMEM}) {
        const JournalProblem problem = journal_io_problem(
            "run.journal", "fdatasync", std::error_code(error, std::system_category()));
        EXPECT_EQ(problem.kind, JournalProblem::Kind::io);
        EXPECT_EQ(problem.text.find("journal run.journal: fdatasync failed: "), 0U);
        EXPECT_EQ(problem.text.find("--"), std::string::npos) << problem.text;
        EXPECT_EQ(problem.text.find("sent"), std::string::npos) << problem.text;
    }
}

}  // namespace
}  // namespace keyferry::engine
