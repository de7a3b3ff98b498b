// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/write/writer.hpp"

#include "engine/journal/read/open.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/clock/virtual_clock.hpp"
#include "io/file/memory_append_file.hpp"
#include "tests/engine/support/example_journal.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> write_one(JournalWriter& writer,
                                planner::JobIndex job,
                                std::vector<bool>& answers) {
    writer.write_soon(example_entry(JournalEvent::sent, job));
    const bool durable = co_await writer.flush();
    answers.push_back(durable);
}

asio::awaitable<void> flush_all(JournalWriter& writer, std::vector<bool>& answers) {
    const bool durable = co_await writer.flush();
    answers.push_back(durable);
}

void rethrow(std::exception_ptr error) {
    if (error) {
        std::rethrow_exception(error);
    }
}

/// A writer that has written the first two records. Everything runs on one thread in virtual time.
class JournalWriterTest : public testing::Test {
  protected:
    void SetUp() override { make_writer(JournalWriterSettings{}); }

    void make_writer(JournalWriterSettings settings) {
        const ExampleJournal begun = ExampleJournal::begun(100'000);
        file = std::make_unique<io::MemoryAppendFile>(begun.bytes);
        writer = std::make_unique<JournalWriter>(
            *file, begun.encoder.tail(), clock, io.get_executor(), io.get_executor(), settings);
    }
    void write_durably(planner::JobIndex job) {
        asio::co_spawn(io, write_one(*writer, job, answers), rethrow);
    }
    void flush() { asio::co_spawn(io, flush_all(*writer, answers), rethrow); }
    void write(planner::JobIndex job) { writer->write(example_entry(JournalEvent::sent, job)); }
    void run() { clock.run(io); }
    void run_until(io::Moment moment) { clock.run_until(io, moment); }
    std::uint64_t syncs() const { return file->count(io::FileOperation::sync); }

    /// Maps each batch on the disk to its number of durable records.
    std::map<std::uint64_t, int> durable_batches() {
        std::map<std::uint64_t, int> batches;
        std::string content = file->durable_content();
        std::string_view rest = content;
        JournalScanner scanner([](const JournalRecord&) { return std::string(); });
        scanner.feed(content);
        EXPECT_EQ(scanner.finish().state, JournalState::whole);
        while (!rest.empty()) {
            JournalFrame frame;
            EXPECT_TRUE(read_journal_frame(rest.substr(0, rest.find('\n')), frame));
            ++batches[frame.batch_first];
            rest.remove_prefix(rest.find('\n') + 1);
        }
        batches.erase(0);  // the batch of the header
        batches.erase(1);  // the batch of the `run` record
        return batches;
    }
    std::size_t durable_records() {
        std::size_t records = 0;
        for (const auto& [first, count] : durable_batches()) {
            records += static_cast<std::size_t>(count);
        }
        return records;
    }

    asio::io_context io{1};
    io::VirtualClock clock{io};
    std::unique_ptr<io::MemoryAppendFile> file;
    std::unique_ptr<JournalWriter> writer;
    std::vector<bool> answers;
};

TEST_F(JournalWriterTest, completes_when_a_record_is_durable_and_not_before) {
    write_durably(1);
    file->while_syncing([&] { EXPECT_TRUE(answers.empty()); });
    run();
    EXPECT_EQ(answers, std::vector<bool>{true});
    EXPECT_EQ(durable_records(), 1u);
}

TEST_F(JournalWriterTest, writes_a_record_after_a_pause_immediately) {
    write_durably(1);
    run_until(io::Moment{});
    EXPECT_EQ(answers.size(), 1u);
}

TEST_F(JournalWriterTest, syncs_once_for_simultaneous_records) {
    for (planner::JobIndex job = 0; job < 100; ++job) {
        write_durably(job);
    }
    run();
    EXPECT_EQ(answers, std::vector<bool>(100, true));
    EXPECT_EQ(syncs(), 1u);
    EXPECT_EQ(durable_batches(), (std::map<std::uint64_t, int>{{2, 100}}));
}

TEST_F(JournalWriterTest, syncs_once_for_records_staged_during_a_sync) {
    write_durably(0);
    file->while_syncing([&] {
        file->while_syncing(nullptr);
        for (planner::JobIndex job = 1; job <= 100; ++job) {
            write_durably(job);
        }
    });
    run();
    EXPECT_EQ(answers, std::vector<bool>(101, true));
    EXPECT_EQ(syncs(), 2u);
    EXPECT_EQ(durable_batches(), (std::map<std::uint64_t, int>{{2, 1}, {3, 100}}));
}

TEST_F(JournalWriterTest, leaves_time_between_syncs) {
    write_durably(1);
    run_until(io::Moment{});
    write_durably(2);
    run_until(io::Moment{} + JournalWriterSettings{}.sync_interval_min - 1us);
    EXPECT_EQ(answers.size(), 1u);
    run_until(io::Moment{} + JournalWriterSettings{}.sync_interval_min);
    EXPECT_EQ(answers.size(), 2u);
}

TEST_F(JournalWriterTest, leaves_more_time_between_syncs_at_full_speed) {
    const JournalWriterSettings settings;
    for (planner::JobIndex job = 0; job < settings.full_speed_records; ++job) {
        write_durably(job);
    }
    run_until(io::Moment{});
    write_durably(1000);
    run_until(io::Moment{} + settings.sync_interval_at_full_speed_min - 1us);
    EXPECT_EQ(answers.size(), settings.full_speed_records);
    run_until(io::Moment{} + settings.sync_interval_at_full_speed_min);
    EXPECT_EQ(answers.size(), settings.full_speed_records + 1);
    write_durably(1001);
    run_until(io::Moment{} + settings.sync_interval_at_full_speed_min + settings.sync_interval_min);
    EXPECT_EQ(answers.size(), settings.full_speed_records + 2) << "the writer has slowed down";
}

TEST_F(JournalWriterTest, notifies_when_awaited_records_are_durable) {
    std::vector<std::uint64_t> durable_ends;
    writer->on_durable([&] { durable_ends.push_back(writer->durable_end()); });
    const std::uint64_t before = writer->durable_end();
    EXPECT_EQ(writer->write_soon(example_entry(JournalEvent::sent, 1)), before + 1);
    EXPECT_EQ(writer->write_soon(example_entry(JournalEvent::sent, 2)), before + 2);
    file->while_syncing([&] { EXPECT_TRUE(durable_ends.empty()); });
    run_until(io::Moment{});
    EXPECT_EQ(durable_ends, std::vector<std::uint64_t>{before + 2})
        << "immediately, not after the linger time";
    EXPECT_EQ(durable_records(), 2u);
}

TEST_F(JournalWriterTest, never_reports_unsynced_records_as_durable) {
    const std::uint64_t before = writer->durable_end();
    file->fail_nth(io::FileOperation::sync, 1, EIO, io::MemoryAppendFile::Lasting::once);
    writer->on_durable([] { FAIL(); });
    writer->write_soon(example_entry(JournalEvent::sent, 1));
    run();
    writer->write_soon(example_entry(JournalEvent::sent, 2));
    run();
    EXPECT_EQ(writer->durable_end(), before);
    EXPECT_TRUE(writer->failure());
}

TEST_F(JournalWriterTest, lets_records_without_waiters_linger) {
    write(1);
    run_until(io::Moment{} + 199ms);
    EXPECT_EQ(syncs(), 0u);
    write(2);
    run_until(io::Moment{} + 200ms);
    EXPECT_EQ(durable_records(), 2u);
    EXPECT_EQ(syncs(), 1u);
}

TEST_F(JournalWriterTest, lets_each_batch_linger_from_its_first_record) {
    write(1);
    run_until(io::Moment{} + 100ms);
    write_durably(2);  // this includes the first record
    run_until(io::Moment{} + 150ms);
    EXPECT_EQ(durable_records(), 2u);
    write(3);
    run_until(io::Moment{} + 349ms);
    EXPECT_EQ(durable_records(), 2u);
    run_until(io::Moment{} + 350ms);
    EXPECT_EQ(durable_records(), 3u);
}

TEST_F(JournalWriterTest, limits_the_batch_size) {
    JournalWriterSettings settings;
    settings.batch_records_max = 4;
    make_writer(settings);
    for (planner::JobIndex job = 0; job < 10; ++job) {
        write(job);
    }
    flush();
    run();
    EXPECT_EQ(durable_batches(), (std::map<std::uint64_t, int>{{2, 4}, {6, 4}, {10, 2}}));
    EXPECT_EQ(syncs(), 3u);
}

TEST_F(JournalWriterTest, writes_a_full_batch_immediately) {
    JournalWriterSettings settings;
    settings.batch_bytes_max = 1000;
    make_writer(settings);
    for (planner::JobIndex job = 0; job < 5; ++job) {
        write(job);
    }
    run_until(io::Moment{} + 10ms);
    EXPECT_EQ(durable_records(), 4u) << "the fifth is in a batch that is not full";
}

TEST_F(JournalWriterTest, flush_completes_immediately_when_nothing_is_staged) {
    flush();
    run_until(io::Moment{});
    EXPECT_EQ(answers, std::vector<bool>{true});
    EXPECT_EQ(syncs(), 0u);
    write(1);
    writer->write_end("finished");
    flush();
    run_until(io::Moment{});
    EXPECT_EQ(answers.size(), 2u);
    EXPECT_EQ(durable_records(), 2u);
    EXPECT_NE(file->durable_content().find(R"("ev":"end","how":"finished")"), std::string::npos);
}

TEST_F(JournalWriterTest, written_records_are_read_back_unchanged) {
    for (planner::JobIndex job = 0; job < 1000; ++job) {
        write(job);
        writer->write(example_entry(JournalEvent::done, job));
    }
    flush();
    run();
    JournalReplay replay;
    JournalScan scan;
    ASSERT_FALSE(replay_journal(*file, replay, scan));
    EXPECT_EQ(scan.state, JournalState::whole);
    EXPECT_EQ(replay.counts().of(JobPhase::done), 1000u);
}

TEST_F(JournalWriterTest, notifies_every_waiter_of_a_failed_sync_and_writes_nothing_more) {
    file->fail_nth(io::FileOperation::sync, 1, EIO, io::MemoryAppendFile::Lasting::once);
    int failures = 0;
    writer->on_failure([&](const JournalFailure& failure) {
        ++failures;
        EXPECT_EQ(failure.operation, "fdatasync");
        EXPECT_EQ(failure.error_number, EIO);
        EXPECT_TRUE(answers.empty()) << "the failure handler is called first";
    });
    for (planner::JobIndex job = 0; job < 10; ++job) {
        write_durably(job);
    }
    run();
    EXPECT_EQ(answers, std::vector<bool>(10, false));
    const std::string content = file->content();
    write(11);
    write_durably(12);
    writer->write_end("failed");
    flush();
    run();
    EXPECT_EQ(answers, std::vector<bool>(12, false));
    EXPECT_EQ(failures, 1);
    EXPECT_EQ(syncs(), 1u) << "a failed sync is never tried again";
    EXPECT_EQ(file->content(), content);
    ASSERT_TRUE(writer->failure());
}

TEST_F(JournalWriterTest, passes_on_every_record_that_may_be_lost_when_it_fails) {
    write_durably(1);
    run();
    const std::string durable = file->durable_content();
    file->fail_nth(io::FileOperation::sync, 1, EIO, io::MemoryAppendFile::Lasting::permanent);
    std::string unwritten;
    int calls = 0;
    writer->on_unwritten([&](std::string_view lines) {
        ++calls;
        EXPECT_TRUE(writer->failure()) << "no records are discarded before the failure";
        unwritten += lines;
    });
    file->while_syncing([&] { write(3); });
    write_durably(2);
    run();
    EXPECT_EQ(calls, 1);
    write(4);
    EXPECT_EQ(calls, 2);
    std::vector<planner::JobIndex> jobs;
    JournalScanner scanner([&](const JournalRecord& record) {
        if (const auto* job = std::get_if<JournalJobRecord>(&record.body)) {
            jobs.push_back(job->job);
        }
        return std::string();
    });
    scanner.feed(durable);
    scanner.feed(unwritten);
    EXPECT_EQ(scanner.finish().state, JournalState::whole);
    EXPECT_EQ(jobs, (std::vector<planner::JobIndex>{1, 2, 3, 4}));
}

TEST_F(JournalWriterTest, fails_when_the_disk_is_full) {
    file->limit_size(file->content().size() + 100);
    write_durably(1);
    run();
    EXPECT_EQ(answers, std::vector<bool>{false});
    ASSERT_TRUE(writer->failure());
    EXPECT_EQ(writer->failure()->operation, "write");
    EXPECT_EQ(writer->failure()->error_number, ENOSPC);
    EXPECT_EQ(syncs(), 0u);
}

/// A writer whose disk responds only while `disk` runs.
class JournalWriterOnASlowDisk : public JournalWriterTest {
  protected:
    void SetUp() override {
        const ExampleJournal begun = ExampleJournal::begun(100'000);
        file = std::make_unique<io::MemoryAppendFile>(begun.bytes);
        writer = std::make_unique<JournalWriter>(*file,
                                                 begun.encoder.tail(),
                                                 clock,
                                                 io.get_executor(),
                                                 disk.get_executor(),
                                                 JournalWriterSettings{});
        writer->on_stall([this](bool is_stalled) { stalls.push_back(is_stalled); });
        writer->on_unwritten([this](std::string_view lines) { unwritten += lines; });
    }
    void answer() {
        disk.restart();
        disk.run();
    }

    asio::io_context disk{1};
    std::vector<bool> stalls;
    std::string unwritten;
};

TEST_F(JournalWriterOnASlowDisk, reports_when_the_disk_stalls_and_responds_again) {
    write_durably(1);
    run_until(io::Moment{} + 4999ms);
    EXPECT_FALSE(writer->is_stalled());
    run_until(io::Moment{} + 60s);
    EXPECT_EQ(stalls, std::vector<bool>{true}) << "once";
    EXPECT_TRUE(writer->is_stalled());
    EXPECT_EQ(writer->unanswered(), 60s);
    EXPECT_TRUE(answers.empty());
    answer();
    run();
    EXPECT_EQ(stalls, (std::vector<bool>{true, false}));
    EXPECT_FALSE(writer->is_stalled());
    EXPECT_EQ(writer->unanswered(), 0s);
    EXPECT_EQ(answers, std::vector<bool>{true});
}

TEST_F(JournalWriterOnASlowDisk, measures_each_sync_separately) {
    for (int sync = 1; sync <= 5; ++sync) {
        write_durably(1);
        run_until(io::Moment{} + sync * 4s);
        answer();
        run_until(io::Moment{} + sync * 4s);
    }
    EXPECT_EQ(answers.size(), 5u);
    EXPECT_TRUE(stalls.empty());
    write_durably(1);
    run_until(io::Moment{} + 26s);
    EXPECT_EQ(stalls, std::vector<bool>{true});
    answer();
    run();
}

TEST_F(JournalWriterOnASlowDisk, sets_no_timer_without_work) {
    write_durably(1);
    run_until(io::Moment{});
    answer();
    run();
    EXPECT_LT(clock.now() - io::Moment{}, 1s);
}

TEST_F(JournalWriterOnASlowDisk, give_up_passes_on_every_record_that_may_be_lost) {
    std::optional<JournalFailure> failure;
    writer->on_failure([&](const JournalFailure& told) { failure = told; });
    write_durably(1);
    run_until(io::Moment{} + 10s);
    writer->write(example_entry(JournalEvent::done, 2));
    writer->give_up();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->operation, "fdatasync");
    EXPECT_EQ(failure->error_number, ETIMEDOUT);
    EXPECT_NE(unwritten.find("\"ev\":\"sent\",\"job\":1,"), std::string::npos);
    EXPECT_NE(unwritten.find("\"ev\":\"done\",\"job\":2,"), std::string::npos);
    writer->write(example_entry(JournalEvent::done, 3));
    EXPECT_NE(unwritten.find("\"job\":3,"), std::string::npos);
    answer();  // too late
    run();
    EXPECT_EQ(answers, std::vector<bool>{false});
    EXPECT_EQ(stalls, std::vector<bool>{true});
    EXPECT_EQ(writer->durable_end(), 2u);
    EXPECT_EQ(syncs(), 1u) << "nothing more is written";
}

TEST_F(JournalWriterOnASlowDisk, can_be_destroyed_while_the_disk_does_not_respond) {
    write_durably(1);
    run_until(io::Moment{} + 10s);
    writer.reset();
    answer();
    run();
    EXPECT_TRUE(answers.empty());
}

/// A writer that has reserved `reserved` bytes and still needs space for a million jobs.
class JournalWriterRoom : public JournalWriterTest {
  protected:
    void make_writer_with(std::uint64_t reserved) {
        JournalWriterSettings settings;
        settings.room.reserved = reserved;
        settings.room.still_needed = 1'000'000 * kReservedBytesPerJob;
        make_writer(settings);
        writer->on_no_room([this](std::error_code error) {
            EXPECT_TRUE(answers.empty()) << "before any request can be sent";
            no_room.push_back(error.value());
        });
    }
    std::uint64_t reservations() const { return file->count(io::FileOperation::reserve); }

    std::vector<int> no_room;
};

TEST_F(JournalWriterRoom, reserves_the_next_step_when_little_is_left) {
    make_writer_with(kRoomLowBytes);
    for (planner::JobIndex job = 0; job < 3; ++job) {
        write_durably(job);
        run();
    }
    EXPECT_EQ(reservations(), 1u);
    EXPECT_TRUE(no_room.empty());
}

TEST_F(JournalWriterRoom, reserves_nothing_while_enough_is_left) {
    make_writer_with(kRoomStepBytes);
    write_durably(1);
    run();
    EXPECT_EQ(reservations(), 0u);
}

TEST_F(JournalWriterRoom, reports_a_full_disk_while_the_outcomes_still_fit) {
    make_writer_with(kRoomMinBytes);
    file->limit_size(file->content().size() + kRoomMinBytes);
    write_durably(1);
    run();
    EXPECT_EQ(no_room, std::vector<int>{ENOSPC});
    EXPECT_EQ(answers, std::vector<bool>{true}) << "the record itself is durable";
    write_durably(2);
    run();
    EXPECT_EQ(answers, (std::vector<bool>{true, true}));
    EXPECT_EQ(no_room.size(), 1u) << "reported once";
}

TEST_F(JournalWriterRoom, continues_on_a_full_disk_in_the_space_that_is_reserved) {
    make_writer_with(kRoomLowBytes);
    file->limit_size(file->content().size() + kRoomLowBytes);
    write_durably(1);
    run();
    EXPECT_EQ(reservations(), 1u);
    EXPECT_TRUE(no_room.empty());
    EXPECT_EQ(answers, std::vector<bool>{true});
}

TEST_F(JournalWriterRoom, fails_when_the_reservation_fails_for_another_reason) {
    make_writer_with(kRoomLowBytes);
    file->fail_nth(io::FileOperation::reserve, 1, EIO, io::MemoryAppendFile::Lasting::once);
    write_durably(1);
    run();
    ASSERT_TRUE(writer->failure());
    EXPECT_EQ(writer->failure()->operation, "fallocate");
    EXPECT_EQ(answers, std::vector<bool>{false});
    EXPECT_EQ(durable_records(), 0u);
}

TEST_F(JournalWriterTest, can_be_destroyed_with_lingering_records_and_waiters) {
    write(1);
    write_durably(2);
    run_until(io::Moment{});
    write(3);
    write_durably(4);
    run_until(io::Moment{} + 1ms);
    writer.reset();
    run();
    SUCCEED() << "no handler accesses a destroyed object (ASan)";
}

/// A power failure at every point of a long run, keeping any part of the unsynced bytes: every
/// record that was reported as durable still exists, and the journal can be continued.
TEST_F(JournalWriterTest, keeps_every_acknowledged_record_through_a_crash) {
    for (std::size_t crash_at = 1; crash_at <= 30; ++crash_at) {
        for (const std::size_t kept : {0U, 1U, 150U, 400U, 100'000U}) {
            answers.clear();
            make_writer(JournalWriterSettings{});
            for (planner::JobIndex job = 0; job < crash_at; ++job) {
                write_durably(job);
                run_until(clock.now() + 700us);
            }
            const std::size_t answered = answers.size();
            file->crash(kept);
            writer.reset();
            run();
            const auto started = start_journal(
                *file, example_header(100'000), example_run(), kExampleTime, "journal", nullptr);
            ASSERT_TRUE(started) << started.error().text;
            for (planner::JobIndex job = 0; job < answered; ++job) {
                ASSERT_EQ(started->replay.phase(job), JobPhase::sent) << crash_at << " " << kept;
            }
        }
    }
}

asio::awaitable<void> write_many(JournalWriter& writer,
                                 planner::JobIndex first,
                                 planner::JobIndex count,
                                 int& done) {
    for (planner::JobIndex job = first; job < first + count; ++job) {
        const JobEntry sent = example_entry(JournalEvent::sent, job);
        writer.write_soon(sent);
        const bool durable = co_await writer.flush();
        EXPECT_TRUE(durable);
        writer.write(example_entry(JournalEvent::done, job));
    }
    if (--done == 0) {
        writer.write_end("finished");
        const bool durable = co_await writer.flush();
        EXPECT_TRUE(durable);
    }
}

TEST(JournalWriterOnAThread, loses_nothing_and_groups_records) {
    constexpr planner::JobIndex kWriters = 50;
    constexpr planner::JobIndex kJobsEach = 20;
    io::MemoryAppendFile file(ExampleJournal::begun(kWriters * kJobsEach).bytes);
    {
        asio::io_context io{1};
        io::SteadyClock clock(io);
        asio::thread_pool flush_thread(1);
        JournalWriterSettings settings;
        settings.sync_interval_min = 100us;
        JournalWriter writer(file,
                             ExampleJournal::begun(kWriters * kJobsEach).encoder.tail(),
                             clock,
                             io.get_executor(),
                             flush_thread.get_executor(),
                             settings);
        int at_work = kWriters;
        for (planner::JobIndex index = 0; index < kWriters; ++index) {
            asio::co_spawn(io, write_many(writer, index * kJobsEach, kJobsEach, at_work), rethrow);
        }
        io.run();
        flush_thread.join();
        EXPECT_EQ(at_work, 0);
    }
    JournalReplay replay;
    JournalScan scan;
    ASSERT_FALSE(replay_journal(file, replay, scan));
    EXPECT_EQ(scan.state, JournalState::whole);
    EXPECT_EQ(scan.good_bytes, file.durable_content().size());
    EXPECT_EQ(replay.counts().of(JobPhase::done), kWriters * kJobsEach);
    EXPECT_TRUE(replay.ended());
    EXPECT_LT(file.count(io::FileOperation::sync), kWriters * kJobsEach / 4);
}

}  // namespace
}  // namespace keyferry::engine
