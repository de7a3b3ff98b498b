// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/rewrite.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "engine/run/resume.hpp"
#include "io/file/memory_append_file.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <set>
#include <sstream>
#include <string>

namespace keyferry::engine {
namespace {

using testing::HasSubstr;

std::string content_of(const std::string& path) {
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
}

JournalRewrite example_rewrite() {
    JournalRewrite rewrite;
    rewrite.how = JournalRewrite::How::replanned;
    rewrite.records_before = 17;
    rewrite.records_lost = 2;
    rewrite.jobs_carried = 5;
    rewrite.jobs_dropped = 1;
    rewrite.jobs_not_begun = 24;
    rewrite.plan_sha256_before = std::string(64, 'b');
    return rewrite;
}

JournalReplay replay_whole(const std::string& bytes) {
    io::MemoryAppendFile file(bytes);
    JournalReplay replay;
    JournalScan scan;
    EXPECT_FALSE(replay_journal(file, replay, scan));
    EXPECT_EQ(scan.state, JournalState::whole) << scan.problem;
    return replay;
}

TEST(RewrittenRecord, describes_how_the_file_was_rewritten) {
    ExampleJournal journal = ExampleJournal::begun();
    journal.encoder.append(journal.bytes, kExampleTime, example_rewrite());
    EXPECT_THAT(journal.bytes,
                HasSubstr(R"("ev":"rewritten","opt":1,"how":"replanned","records":17,"lost":2,)"
                          R"("carried":5,"dropped":1,"not_begun":24,"plan_before":"bbbb)"));
    EXPECT_THAT(replay_whole(journal.bytes).rewrites(), testing::ElementsAre(example_rewrite()));
}

class LostRecord : public testing::Test {
  protected:
    JournalReplay replay() {
        JournalLoss loss;
        loss.bytes = 700;
        loss.records = 3;
        journal.encoder.append(journal.bytes, kExampleTime, loss);
        return replay_whole(journal.bytes);
    }
    static ResumeAs resumed(const JournalReplay& replay, planner::JobIndex job) {
        return resume_as(replay.phase(job), replay.open_job(job), false);
    }

    ExampleJournal journal = ExampleJournal::begun(30);
};

TEST_F(LostRecord, marks_every_job_that_is_not_done_as_unresolved) {
    journal.add(JournalEvent::done, 1);
    journal.add(JournalEvent::failed, 2);
    journal.add(JournalEvent::conflict, 3);
    journal.add(JournalEvent::deferred, 4);
    journal.add(JournalEvent::sent, 5);
    journal.add(JournalEvent::accepted, 6);
    const JournalReplay state = replay();
    EXPECT_EQ(resumed(state, 1), ResumeAs::finished);
    for (const planner::JobIndex job : {0U, 2U, 3U, 4U, 5U, 6U, 29U}) {
        EXPECT_EQ(resumed(state, job), ResumeAs::in_progress) << job;
        EXPECT_TRUE(state.open_job(job)) << job;
    }
    EXPECT_EQ(state.loss().records, 3u);
    EXPECT_EQ(state.counts().of(JobPhase::unknown), 3u);
}

TEST_F(LostRecord, turns_ended_jobs_to_unknown_and_keeps_the_examples) {
    JobEntry failed = example_entry(JournalEvent::failed, 2);
    failed.code = "TagException";
    journal.add(failed);
    const JournalReplay state = replay();
    EXPECT_EQ(state.phase(2), JobPhase::unknown);
    EXPECT_EQ(state.code(2), "RecordsLost");
    ASSERT_EQ(state.stuck().size(), 2u);
    EXPECT_EQ(state.stuck()[0].jobs, 0u);
    EXPECT_EQ(state.stuck()[1].jobs, 1u);
    EXPECT_EQ(state.stuck()[1].examples.at(0).job, 2u);
}

TEST_F(LostRecord, prevents_claims_without_a_recorded_send) {
    journal.add(JournalEvent::deferred, 4);
    journal.add(JournalEvent::sent, 5);
    const JournalReplay state = replay();
    EXPECT_EQ(state.open_job(0)->first_sent, kNoSendOnRecord);
    EXPECT_EQ(state.open_job(4)->first_sent, kNoSendOnRecord);
    EXPECT_EQ(state.open_job(5)->first_sent, kExampleTime);
}

TEST_F(LostRecord, does_not_affect_jobs_with_later_records) {
    replay();
    journal.add(JournalEvent::deferred, 4);
    journal.add(JournalEvent::unknown, 7);
    const JournalReplay state = replay_whole(journal.bytes);
    EXPECT_EQ(resumed(state, 4), ResumeAs::not_started);
    EXPECT_EQ(resumed(state, 7), ResumeAs::in_progress);
    EXPECT_EQ(state.open_job(7)->first_sent, kNoSendOnRecord);
}

TEST(JournalRewriter, copies_records_with_replaced_members) {
    io::MemoryAppendFile file;
    JournalRewriter writer(file);
    writer.add(kExampleTime, example_header());
    std::string renumbered;
    std::string digested;
    const std::string body =
        R"(,"t":"2026-08-26T12:00:00.123Z","ev":"done","job":8,"key":"arn:k","region":"eu-west-1",)"
        R"("att":2,"how":"existed","message":"a \",\"how\":\" b")";
    writer.copy(with_digest(with_job(body, 1234567, renumbered), "dd", digested));
    ASSERT_FALSE(writer.finish());
    EXPECT_THAT(file.durable_content(),
                HasSubstr(R"("job":1234567,"key":"arn:k","region":"eu-west-1","att":2,)"
                          R"("digest":"dd","how":"existed","message":"a \",\"how\":\" b","c":)"));
    EXPECT_EQ(writer.records(), 2u);
    EXPECT_EQ(writer.bytes(), file.content().size());
}

class ReplaceJournal : public testing::Test {
  protected:
    ReplaceJournal() { std::ofstream(path) << "old"; }

    static std::optional<JournalProblem> fill(io::AppendFile& file) {
        EXPECT_FALSE(file.append("new"));
        return std::nullopt;
    }

    std::set<std::string> names() const {
        std::set<std::string> names;
        for (const auto& entry :
             std::filesystem::directory_iterator(std::filesystem::path(path).parent_path())) {
            names.insert(entry.path().filename());
        }
        return names;
    }

    test::TemporaryFolder folder;
    std::string path = folder.file("fleet.journal");
};

TEST_F(ReplaceJournal, keeps_each_old_journal_under_a_new_name) {
    for (const std::string name : {".old", ".old-2", ".old-3"}) {
        std::ofstream(path) << "before " << name;
        const auto kept_as = replace_journal(path, fill);
        ASSERT_TRUE(kept_as) << kept_as.error().text;
        EXPECT_EQ(*kept_as, path + name);
        EXPECT_EQ(content_of(*kept_as), "before " + name);
        EXPECT_EQ(content_of(path), "new");
    }
}

TEST_F(ReplaceJournal, changes_nothing_when_filling_fails) {
    const auto refused = replace_journal(path, [](io::AppendFile& file) {
        EXPECT_FALSE(file.append("half"));
        return std::optional(JournalProblem(JournalProblem::Kind::io, "no"));
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(content_of(path), "old");
    EXPECT_FALSE(std::filesystem::exists(path + ".old"));
    EXPECT_EQ(names(), std::set<std::string>{"fleet.journal"});
}

TEST_F(ReplaceJournal, touches_only_its_own_files) {
    std::ofstream(path + ".unfinished") << "mine";
    ASSERT_TRUE(replace_journal(path, fill));
    EXPECT_EQ(content_of(path), "new");
    ASSERT_FALSE(make_journal(folder.file("other"), fill));
    EXPECT_EQ(content_of(path + ".unfinished"), "mine");
}

TEST_F(ReplaceJournal, only_the_first_of_two_gets_the_name) {
    const std::string other = folder.file("other");
    const auto refused = make_journal(other, [&](io::AppendFile& file) {
        EXPECT_FALSE(make_journal(other, fill));  // while this one is being filled
        EXPECT_FALSE(file.append("second"));
        return std::optional<JournalProblem>();
    });
    ASSERT_TRUE(refused);
    EXPECT_THAT(refused->text, HasSubstr("exists"));
    EXPECT_EQ(content_of(other), "new");
    EXPECT_EQ(names(), (std::set<std::string>{"fleet.journal", "other"}));
}

TEST_F(ReplaceJournal, keeps_the_mode_of_the_old_one) {
    std::filesystem::permissions(path, std::filesystem::perms(0640));
    ASSERT_TRUE(replace_journal(path, fill));
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0640));
}

TEST_F(ReplaceJournal, creates_a_new_file_only_where_none_exists) {
    const auto refused = make_journal(path, fill);
    ASSERT_TRUE(refused);
    EXPECT_THAT(refused->text, HasSubstr("exists"));
    EXPECT_EQ(content_of(path), "old");
    EXPECT_FALSE(make_journal(folder.file("other"), fill));
    EXPECT_EQ(content_of(folder.file("other")), "new");
}

}  // namespace
}  // namespace keyferry::engine
