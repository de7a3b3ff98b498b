// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/open.hpp"
#include "engine/journal/read/resume_as.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/repair/compact.hpp"
#include "engine/report/run_document.hpp"
#include "engine/report/run_report.hpp"
#include "io/file/memory_append_file.hpp"
#include "planner/report/document_text.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/support/sample_journal.hpp"
#include "tests/support/source_tree.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <gmock/gmock.h>
#include <sstream>
#include <string>

// A journal that keyferry 0.1.0 wrote in format version 1. It has 18 jobs: a first run finished 12
// and deferred 6, and a second run sent requests for 4 before it was killed.

namespace keyferry::engine {
namespace {

class Version1Journal : public testing::Test {
  protected:
    static std::string stored() {
        std::ifstream file(test::source_path("tests/engine/journal/data/version_1.jsonl"),
                           std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    JournalReplay replay() {
        JournalReplay result;
        JournalScan scan;
        EXPECT_FALSE(replay_journal(file, result, scan));
        EXPECT_EQ(scan.state, JournalState::whole) << scan.problem;
        return result;
    }
    JournalResult<StartedJournal> resume(const JournalAccess& access) {
        JournalHeader header = replay().header();
        header.version = kJournalVersion;
        header.min_reader = kJournalMinReader;
        header.access = access;
        return start_journal(file, header, example_run(), kExampleTime, "a", nullptr);
    }

    io::MemoryAppendFile file{stored()};
};

TEST_F(Version1Journal, is_read) {
    const JournalReplay state = replay();
    EXPECT_EQ(state.header().version, 1);
    EXPECT_FALSE(state.header().access.is_known());
    EXPECT_EQ(state.counts().of(JobPhase::done), 12u);
    EXPECT_EQ(state.counts().of(JobPhase::accepted), 2u);
    EXPECT_EQ(state.counts().of(JobPhase::sent), 2u);
    EXPECT_EQ(state.counts().of(JobPhase::deferred), 2u);
    EXPECT_EQ(state.runs_total(), 2u);
    EXPECT_EQ(state.runs()[0].end, "finished");
    EXPECT_TRUE(state.runs()[0].throttles.empty());
}

TEST_F(Version1Journal, is_reported) {
    const RunReport report = make_run_report(replay(), false);
    EXPECT_EQ(report.counts.done(), 12u);
    EXPECT_EQ(report.counts.left(), 6u);
    EXPECT_THAT(planner::document_text(run_document(report)),
                testing::HasSubstr("12 of 18 replicas exist"));
}

TEST_F(Version1Journal, is_resumed_and_extended) {
    const auto started = resume(test::sample_access());
    ASSERT_TRUE(started) << started.error().text;
    EXPECT_TRUE(started->resumed);
    EXPECT_EQ(resume_as(started->replay.phase(0), started->replay.open_job(0), false),
              ResumeAs::in_progress);
    JournalEncoder encoder(started->tail);
    std::string records;
    encoder.begin_batch();
    for (const JournalEvent event : test::kSampleJobEvents) {
        JobEntry entry = test::sample_entry(event, 0, true);
        const io::Region region = io::Region::parse("ap-southeast-2").value();
        entry.region = &region;
        encoder.append(records, kExampleTime, entry);
    }
    encoder.append(records, kExampleTime, test::sample_end("finished"));
    ASSERT_FALSE(file.append(records));
    const JournalReplay state = replay();
    EXPECT_EQ(state.header().access, test::sample_access());
    EXPECT_EQ(state.counts().of(JobPhase::done), 12u) << "the last sample event is not `done`";
    EXPECT_EQ(state.runs_total(), 3u);
    EXPECT_EQ(state.runs().back().throttles.size(), 3u);
}

TEST_F(Version1Journal, gets_the_access_record_once) {
    ASSERT_TRUE(resume(test::sample_access()));
    ASSERT_TRUE(resume(test::sample_access()));
    const std::string& content = file.content();
    EXPECT_EQ(content.find("\"ev\":\"access\""), content.rfind("\"ev\":\"access\""));
}

TEST_F(Version1Journal, gets_no_access_record_if_nothing_is_known) {
    ASSERT_TRUE(resume(JournalAccess()));
    EXPECT_EQ(file.content().find("\"ev\":\"access\""), std::string::npos);
}

TEST_F(Version1Journal, is_compacted) {
    io::MemoryAppendFile compacted;
    ASSERT_TRUE(compact_journal(file, compacted, kExampleTime, "a"));
    JournalReplay state;
    JournalScan scan;
    ASSERT_FALSE(replay_journal(compacted, state, scan));
    EXPECT_EQ(scan.state, JournalState::whole) << scan.problem;
    EXPECT_EQ(state.phases(), replay().phases());
}

}  // namespace
}  // namespace keyferry::engine
