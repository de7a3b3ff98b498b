#include "engine/journal_salvage.hpp"

#include "engine/job_steps.hpp"
#include "engine/journal_read.hpp"
#include "engine/resume.hpp"
#include "example_journal.hpp"
#include "io/file/memory_append_file.hpp"
#include "simulated_fleet.hpp"
#include "virtual_run.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <map>
#include <string>
#include <vector>

namespace keyferry {
namespace {

using Kind = JournalProblem::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

/// The salvaged journal and what is said of it; the problem if it was refused.
struct Salvaged {
    explicit Salvaged(const std::string& damaged, WallTime now = kExampleTime) {
        MemoryAppendFile from(damaged);
        MemoryAppendFile to;
        result.emplace(salvage_journal(from, to, now, "fleet.journal"));
        EXPECT_EQ(to.content(), to.durable_content());
        bytes = to.content();
    }
    const SalvagedJournal& operator*() const { return result->value(); }
    const JournalReplay& replay() const { return result->value().replay; }
    ResumeAs resumed(JobIndex job) const {
        return resume_as(replay().phase(job), replay().open_job(job), false);
    }

    std::optional<JournalResult<SalvagedJournal>> result;
    std::string bytes;
};

/// As a plan has it: each job has a name of its own, and names are in the order of the numbers.
/// `fleet`: other fleets have other keys.
JobEntry named_entry(JournalEvent event, JobIndex job, unsigned fleet = 0) {
    static std::map<std::string, KeyArn> keys;
    const std::string id = fmt::format("mrk-{:08x}{:08x}{:016x}", job / 4, fleet, job);
    const auto key =
        keys.try_emplace(id, example_key().region, example_key().account, KeyId::parse(id).value());
    JobEntry entry(event, job, key.first->second, example_region(job % 3));
    const JobEntry example = example_entry(event, job);
    entry.attempt = example.attempt;
    entry.request_digest = example.request_digest;
    entry.attribution = example.attribution;
    return entry;
}

std::size_t line_start(const std::string& text, int line) {
    std::size_t at = 0;
    while (line-- > 0) {
        at = text.find('\n', at) + 1;
    }
    return at;
}

/// Changes the record with this number, checksum included, as a person might who knows the format.
std::string with_changed(const std::string& journal, int line, const char* from, const char* to) {
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
    void add(JournalEvent event, JobIndex job) {
        journal.batch();
        journal.add(named_entry(event, job));
    }
    /// Records of another journal from number `first` on, chained among themselves only.
    static std::string block_of(std::uint64_t first,
                                const std::vector<JobIndex>& jobs,
                                unsigned fleet,
                                WallTime time = kExampleTime) {
        JournalEncoder other(JournalTail{first, 7});
        std::string block;
        for (const JobIndex job : jobs) {
            other.begin_batch();
            other.append(block, time, named_entry(JournalEvent::done, job, fleet));
        }
        return block;
    }
    /// Records 2 to 11: of each kind one, the last two behind all the others.
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
        MemoryAppendFile file(bytes);
        JournalReplay replay;
        JournalScan scan;
        EXPECT_FALSE(replay_journal(file, replay, scan));
        return scan;
    }

    ExampleJournal journal = ExampleJournal::begun(30);
};

TEST_F(SalvageJournal, carries_over_all_records_but_the_damaged_one) {
    fill_journal();
    const Salvaged salvaged(damaged(6));  // the `sent` of job 5
    EXPECT_EQ((*salvaged).records, 11U);
    EXPECT_EQ((*salvaged).records_lost, 1U);
    EXPECT_EQ(scan_of(salvaged.bytes).state, JournalState::whole);
    EXPECT_EQ(salvaged.replay().phase(5), JobPhase::done);
    EXPECT_EQ(salvaged.replay().phase(8), JobPhase::done);
}

TEST_F(SalvageJournal, tells_what_is_missing_and_which_job_it_may_be_about) {
    fill_journal();
    const std::size_t begin = line_start(journal.bytes, 6);
    const Salvaged salvaged(damaged(6));
    ASSERT_EQ((*salvaged).ranges.size(), 1U);
    const LostRange& range = (*salvaged).ranges.front();
    EXPECT_EQ(range.offset, begin);
    EXPECT_EQ(range.offset + range.bytes, line_start(journal.bytes, 7));
    EXPECT_EQ(range.first_record, 6U);
    EXPECT_EQ(range.records, 1U);
    EXPECT_EQ(range.before, kExampleTime);
    EXPECT_THAT(range.jobs_named, ElementsAre(5));
}

TEST_F(SalvageJournal, puts_in_doubt_what_a_lost_record_may_have_been_about) {
    fill_journal();
    const Salvaged salvaged(damaged(9));  // the `accepted` of job 6
    for (const JobIndex job : {0U, 2U, 3U, 4U, 6U, 29U}) {
        EXPECT_EQ(salvaged.resumed(job), ResumeAs::begun) << job;
    }
    for (const JobIndex job : {1U, 5U, 8U}) {
        EXPECT_EQ(salvaged.resumed(job), ResumeAs::finished) << job;
    }
    EXPECT_EQ(salvaged.resumed(7), ResumeAs::fresh) << "a record behind the damage says so";
    EXPECT_EQ((*salvaged).jobs_in_doubt, 26U);
}

TEST_F(SalvageJournal, takes_what_a_lost_record_may_have_sent_for_sent_when_it_was_salvaged) {
    fill_journal();
    const WallTime now = kExampleTime + std::chrono::hours(3);
    const Salvaged salvaged(damaged(9), now);
    // Without any record; sent, and perhaps once more; ended, and perhaps begun again.
    for (const JobIndex job : {0U, 2U, 6U, 4U}) {
        ASSERT_NE(salvaged.replay().open_job(job), nullptr) << job;
        EXPECT_EQ(salvaged.replay().open_job(job)->last_sent, now) << job;
    }
    EXPECT_EQ(salvaged.replay().open_job(2)->first_sent, kExampleTime);
    EXPECT_EQ(salvaged.replay().open_job(0)->first_sent, kNoSendOnRecord);
}

TEST_F(SalvageJournal, gives_what_may_have_been_sent_the_time_to_show_that_a_sent_job_gets) {
    fill_journal();
    const WallTime now = kExampleTime + std::chrono::hours(3);
    const Salvaged salvaged(damaged(9), now);
    const WaitSettings wait;
    const auto looks_before = [&](WallTime at) {
        return resumed_job(*salvaged.replay().open_job(0), at, wait).absent_looks;
    };
    EXPECT_EQ(looks_before(now + std::chrono::seconds(1)), 0);
    EXPECT_GT(looks_before(now + wait.doubt_timeout + std::chrono::seconds(1)), 0);
}

TEST_F(SalvageJournal, says_of_itself_what_it_is) {
    fill_journal();
    const Salvaged salvaged(damaged(6));
    const JournalRewrite& rewrite = salvaged.replay().rewrites().at(0);
    EXPECT_EQ(rewrite.how, JournalRewrite::How::salvaged);
    EXPECT_EQ(rewrite.records_before, 11U);
    EXPECT_EQ(rewrite.records_lost, 1U);
    EXPECT_EQ(salvaged.replay().loss().records, 1U);
    EXPECT_EQ(salvaged.replay().header(), example_header(30));
}

TEST_F(SalvageJournal, takes_a_damaged_end_for_lost_records) {
    fill_journal();
    std::string bytes = damaged(6);
    bytes += "{\"n\":12,\"k\":12,";
    const Salvaged salvaged(bytes);
    EXPECT_TRUE((*salvaged).end_is_lost);
    EXPECT_EQ(salvaged.resumed(7), ResumeAs::begun);
}

TEST_F(SalvageJournal, takes_a_zeroed_second_half_for_lost_records) {
    fill_journal();
    const Salvaged salvaged(journal.bytes + std::string(kTornTailBytesMax + 1, '\0'));
    ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
    EXPECT_EQ((*salvaged).records, 12U);
    EXPECT_TRUE((*salvaged).end_is_lost);
    EXPECT_EQ((*salvaged).bytes_lost, kTornTailBytesMax + 1);
    for (const JobIndex job : {0U, 2U, 3U, 4U, 6U, 7U, 29U}) {
        EXPECT_EQ(salvaged.resumed(job), ResumeAs::begun) << job;
    }
    EXPECT_EQ(salvaged.resumed(8), ResumeAs::finished);
}

TEST_F(SalvageJournal, needs_no_newlines_and_doubts_nothing_where_only_garbage_was_added) {
    fill_journal();
    std::string bytes = journal.bytes;
    bytes.insert(line_start(bytes, 6), "garbage\n");
    bytes[line_start(bytes, 5) - 1] = ' ';
    const Salvaged salvaged(bytes);
    EXPECT_EQ((*salvaged).records, 12U);
    EXPECT_EQ((*salvaged).records_lost, 0U);
    EXPECT_EQ(salvaged.resumed(0), ResumeAs::fresh);
    EXPECT_EQ(salvaged.resumed(4), ResumeAs::finished);
}

/// Whatever piece is there a second time, whole records or from and to the middle of one.
TEST_F(SalvageJournal, keeps_all_that_stands_behind_a_piece_that_is_there_twice) {
    fill_journal();
    const std::size_t step = 97;
    int salvages = 0;
    for (std::size_t from = 0; from < journal.bytes.size(); from += step) {
        for (std::size_t size = step; from + size <= journal.bytes.size(); size += 3 * step) {
            for (int place = 1; place < 11; ++place) {
                std::string bytes = journal.bytes;
                bytes.insert(line_start(bytes, place), journal.bytes.substr(from, size) + "\n");
                const Salvaged salvaged(bytes);
                ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
                ++salvages;
                EXPECT_EQ((*salvaged).records, 12U) << from << '+' << size << " at " << place;
                EXPECT_EQ((*salvaged).records_lost, 0U);
                EXPECT_EQ(salvaged.resumed(0), ResumeAs::fresh);
            }
        }
    }
    EXPECT_GT(salvages, 1000);
}

TEST_F(SalvageJournal, goes_on_where_a_later_piece_begins_before_the_end_of_an_earlier_one) {
    fill_journal();
    for (int end = 2; end < 11; ++end) {
        for (int begin = 1; begin <= end; ++begin) {
            const Salvaged salvaged(journal.bytes.substr(0, line_start(journal.bytes, end) - 30) +
                                    journal.bytes.substr(line_start(journal.bytes, begin) - 40));
            // Where the two meet a record is cut; it is there again unless the second begins there.
            const bool is_whole_again = begin < end;
            EXPECT_EQ((*salvaged).records, is_whole_again ? 12U : 11U) << end << ' ' << begin;
            EXPECT_EQ(salvaged.replay().phase(8), JobPhase::done);
        }
    }
}

TEST_F(SalvageJournal, passes_over_headers_in_the_middle_and_keeps_what_stands_behind) {
    fill_journal();
    JournalEncoder another(JournalTail{});
    std::string header_of_another;
    another.append(header_of_another, kExampleTime, example_header(7));
    const std::string own_header = journal.bytes.substr(0, line_start(journal.bytes, 1));
    const std::string header_with_a_number =
        with_changed(own_header, 0, "\"n\":0,\"k\":0", "\"n\":6,\"k\":6");
    JournalEncoder first(JournalTail{});
    std::string first_that_is_no_header;
    first.append(first_that_is_no_header, kExampleTime, named_entry(JournalEvent::sent, 20));
    for (const std::string& stray :
         {own_header, header_of_another, header_with_a_number, first_that_is_no_header}) {
        for (int place = 1; place < 11; ++place) {
            std::string bytes = journal.bytes;
            bytes.insert(line_start(bytes, place), stray);
            const Salvaged salvaged(bytes);
            ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
            EXPECT_EQ((*salvaged).records, 12U) << stray << " at " << place;
            EXPECT_EQ((*salvaged).records_lost, 0U);
            EXPECT_EQ((*salvaged).bytes_lost, stray.size());
            EXPECT_EQ(salvaged.replay().header(), example_header(30));
            EXPECT_EQ(salvaged.replay().phase(20), JobPhase::untouched);
        }
    }
}

TEST_F(SalvageJournal, does_not_believe_a_record_that_the_next_one_was_not_written_behind) {
    fill_journal();
    const Salvaged salvaged(with_changed(journal.bytes, 3, "\"ev\":\"sent\"", "\"ev\":\"failed\""));
    EXPECT_EQ((*salvaged).ranges.at(0).first_record, 3U);
    EXPECT_EQ(salvaged.replay().phase(2), JobPhase::untouched);
    EXPECT_EQ(salvaged.resumed(2), ResumeAs::begun);
}

TEST_F(SalvageJournal, sees_that_a_line_was_taken_out) {
    fill_journal();
    std::string bytes = journal.bytes;
    bytes.erase(line_start(bytes, 3), line_start(bytes, 4) - line_start(bytes, 3));
    const Salvaged salvaged(bytes);
    EXPECT_EQ((*salvaged).records_lost, 1U);
    EXPECT_EQ((*salvaged).bytes_lost, 0U);
    EXPECT_EQ(salvaged.resumed(2), ResumeAs::begun);
}

TEST_F(SalvageJournal, does_not_take_what_an_older_journal_has_left_in_the_place) {
    fill_journal();
    const std::string block = block_of(5, {20, 21}, 0, kExampleTime - std::chrono::hours(48));
    const std::size_t begin = line_start(journal.bytes, 5);
    const std::string bytes =
        journal.bytes.substr(0, begin) + block + journal.bytes.substr(line_start(journal.bytes, 8));
    const Salvaged salvaged(bytes);
    EXPECT_EQ(salvaged.replay().phase(20), JobPhase::untouched);
    EXPECT_EQ((*salvaged).records_lost, 3U);
}

TEST_F(SalvageJournal, keeps_the_longer_stretch_where_two_cannot_both_be) {
    fill_journal();
    const std::string block = block_of(11, {20}, 0);
    std::string bytes = damaged(4);
    bytes.insert(line_start(bytes, 5), block);  // its number is that of the last record
    const Salvaged salvaged(bytes);
    EXPECT_EQ(salvaged.replay().phase(20), JobPhase::untouched);
    EXPECT_EQ(salvaged.replay().phase(8), JobPhase::done);
}

TEST_F(SalvageJournal, does_not_take_another_fleets_records_that_stand_behind_a_gap) {
    fill_journal();
    // Their numbers, place and times are as ours would be, and there are fewer of ours.
    const std::string bytes = journal.bytes + std::string(300, '\0') +
                              block_of(40, {0, 2, 3, 4, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16}, 9);
    const Salvaged salvaged(bytes);
    ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
    EXPECT_EQ((*salvaged).records, 12U);
    EXPECT_TRUE((*salvaged).end_is_lost);
    EXPECT_EQ(salvaged.replay().counts().of(JobPhase::done), 3U);
    EXPECT_EQ(salvaged.resumed(9), ResumeAs::begun);
}

TEST_F(SalvageJournal, does_not_take_records_whose_jobs_are_named_against_the_order_of_a_plan) {
    fill_journal();
    // Not one job is in both, but 9 cannot have a name behind that of 20.
    const std::string own = block_of(40, {20, 21, 22}, 0);
    JournalEncoder other(JournalTail{50, 7});
    std::string block;
    JobEntry late = named_entry(JournalEvent::done, 29, 3);
    late.job = 9;
    other.append(block, kExampleTime, late);
    const Salvaged salvaged(journal.bytes + std::string(300, '\0') + own + "\n" + block);
    ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
    EXPECT_EQ(salvaged.replay().phase(21), JobPhase::done);
    EXPECT_EQ(salvaged.replay().phase(9), JobPhase::untouched);
}

TEST_F(SalvageJournal, leaves_out_records_that_contradict_those_before) {
    fill_journal();
    JobEntry elsewhere(
        JournalEvent::done, 2, *named_entry(JournalEvent::done, 2).primary, example_region(1));
    journal.batch();
    journal.add(elsewhere);  // job 2 was in another Region
    add(JournalEvent::done, 9);
    const Salvaged salvaged(journal.bytes);
    EXPECT_EQ(salvaged.replay().phase(2), JobPhase::sent);
    EXPECT_EQ(salvaged.replay().phase(9), JobPhase::done);
    EXPECT_EQ((*salvaged).ranges.at(0).first_record, 12U);
}

TEST_F(SalvageJournal, refuses_what_needs_no_salvaging_and_what_has_no_header) {
    fill_journal();
    EXPECT_EQ(Salvaged(journal.bytes).result->error().kind, Kind::not_needed);
    EXPECT_EQ(Salvaged(journal.bytes + "{\"n\":12,").result->error().kind, Kind::not_needed);
    EXPECT_EQ(Salvaged(damaged(0)).result->error().kind, Kind::unusable);
    EXPECT_EQ(Salvaged("my notes\n").result->error().kind, Kind::unusable);
    const Salvaged changed(with_changed(journal.bytes, 0, "payments", "invoices"));
    EXPECT_EQ(changed.result->error().kind, Kind::unusable);
}

/// Whatever byte is damaged, and whatever is cut out.
TEST_F(SalvageJournal, never_lets_a_rerun_send_unseen_nor_claim_what_was_there_before) {
    fill_journal();
    MemoryAppendFile file(journal.bytes);
    JournalReplay truth;
    JournalScan scan;
    ASSERT_FALSE(replay_journal(file, truth, scan));
    int salvages = 0;
    const auto check = [&](const std::string& bytes) {
        const Salvaged salvaged(bytes);
        if (!*salvaged.result) {
            return;  // refused: nothing is begun with it
        }
        ++salvages;
        for (JobIndex job = 0; job < 30; ++job) {
            const OpenJob* open = truth.open_job(job);
            const bool may_exist = truth.phase(job) == JobPhase::done || open != nullptr;
            EXPECT_FALSE(may_exist && salvaged.resumed(job) == ResumeAs::fresh) << job;
            EXPECT_FALSE(salvaged.replay().phase(job) == JobPhase::done &&
                         truth.phase(job) != JobPhase::done)
                << job;
            const OpenJob* left = salvaged.replay().open_job(job);
            if (left != nullptr && open != nullptr) {
                EXPECT_GE(left->first_sent, open->first_sent) << job;
            }
        }
    };
    for (std::size_t at = line_start(journal.bytes, 1); at < journal.bytes.size(); at += 3) {
        std::string bytes = journal.bytes;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
        check(bytes);
    }
    for (int from = 1; from < 12; ++from) {
        for (int to = from + 1; to < 12; ++to) {
            const std::size_t begin = line_start(journal.bytes, from);
            const std::size_t end = line_start(journal.bytes, to);
            check(journal.bytes.substr(0, begin) + journal.bytes.substr(end));
            check(journal.bytes.substr(0, begin) + std::string(end - begin, '\0') +
                  journal.bytes.substr(end));
        }
    }
    EXPECT_GT(salvages, 500);
}

TEST(SalvagedRun, makes_every_replica_once_and_claims_none_that_it_cannot_show) {
    for (std::size_t place = 1; place < 8; ++place) {
        const Plan plan = plan_of(10);
        SimulatedKms kms(quiet());
        fill(kms, plan);
        MemoryAppendFile file;
        {
            VirtualRun killed(plan, kms, file);
            killed.run_until(Moment{} + std::chrono::seconds(6));
        }
        std::string bytes = file.durable_content();
        const std::uint64_t made = kms.ledger().effects(EffectKind::replica_created);
        ASSERT_GT(made, 5U);
        const std::size_t begin = line_start(bytes, 1) + (bytes.size() * place) / 9;
        bytes.replace(begin, 900, 900, '\0');
        const Salvaged salvaged(bytes);
        ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
        MemoryAppendFile again(salvaged.bytes);
        VirtualRun rerun(plan, kms, again, Moment{} + std::chrono::minutes(10));
        EXPECT_EQ(rerun.run(), RunEnd::finished);
        expect_each_replica_once(kms, plan);
        const Progress progress = rerun.executor().progress();
        EXPECT_EQ(progress.created + progress.created_reconciled + progress.existed, 30U);
    }
}

}  // namespace
}  // namespace keyferry
