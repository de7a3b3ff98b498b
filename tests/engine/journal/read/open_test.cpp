// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/open.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "io/file/memory_append_file.hpp"
#include "io/file/posix_append_file.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace keyferry::engine {
namespace {

using Kind = JournalProblem::Kind;
using testing::HasSubstr;

JournalResult<StartedJournal> start(io::AppendFile& file, const JournalHeader& header) {
    return start_journal(file, header, example_run(), kExampleTime, "fleet.journal", nullptr);
}

/// A journal with three batches, the last of which is torn within its last record.
std::string torn_journal() {
    ExampleJournal journal = ExampleJournal::begun();
    journal.add(JournalEvent::sent, 1);
    journal.batch();
    journal.add(JournalEvent::done, 1);
    journal.add(JournalEvent::sent, 2);
    return journal.bytes.substr(0, journal.bytes.size() - 20);
}

TEST(StartJournal, writes_header_and_run_to_an_empty_file_and_syncs) {
    io::MemoryAppendFile file;
    const auto started = start(file, example_header());
    ASSERT_TRUE(started) << started.error().text;
    EXPECT_FALSE(started->resumed);
    EXPECT_EQ(file.durable_content(), ExampleJournal::begun().bytes);
    EXPECT_EQ(started->tail, ExampleJournal::begun().encoder.tail());
    EXPECT_EQ(started->replay.runs_total(), 1u);
    EXPECT_EQ(started->replay.counts().of(JobPhase::not_started), 30u);
}

TEST(StartJournal, continues_after_existing_records) {
    ExampleJournal before = ExampleJournal::begun();
    before.add(JournalEvent::done, 1);
    before.end("finished");
    io::MemoryAppendFile file(before.bytes);
    const auto started = start(file, example_header());
    ASSERT_TRUE(started) << started.error().text;
    EXPECT_TRUE(started->resumed);
    EXPECT_EQ(started->replay.phase(1), JobPhase::done);
    EXPECT_EQ(started->replay.runs_total(), 2u);
    EXPECT_TRUE(file.durable_content().starts_with(before.bytes));
    EXPECT_EQ(started->tail.next_sequence, before.encoder.tail().next_sequence + 1);
}

TEST(StartJournal, rewrites_the_last_records_before_appending) {
    ExampleJournal before = ExampleJournal::begun();
    io::MemoryAppendFile file(before.bytes);
    ASSERT_TRUE(start(file, example_header()));
    EXPECT_EQ(file.count(io::FileOperation::rewrite), 1u);
    EXPECT_EQ(file.count(io::FileOperation::sync), 2u)
        << "once for the rewrite, once for the run record";
}

TEST(StartJournal, truncates_a_torn_tail_after_copying_it) {
    const std::string torn = torn_journal();
    io::MemoryAppendFile file(torn);
    std::string copy;
    const auto started = start_journal(file,
                                       example_header(),
                                       example_run(),
                                       kExampleTime,
                                       "fleet.journal",
                                       [&](std::string_view tail) {
                                           copy = tail;
                                           EXPECT_EQ(file.content(), torn) << "not truncated yet";
                                           return TornCopy{"the copy", {}};
                                       });
    ASSERT_TRUE(started) << started.error().text;
    EXPECT_EQ(started->torn_bytes, copy.size());
    EXPECT_EQ(started->torn_copy.path, "the copy");
    EXPECT_TRUE(copy.starts_with("{\"n\":4,"));
    EXPECT_EQ(started->replay.phase(1), JobPhase::done);
    EXPECT_EQ(started->replay.phase(2), JobPhase::not_started);
    EXPECT_EQ(started->replay.runs().back().process.torn_bytes, copy.size());
}

TEST(StartJournal, resumes_without_a_copy_of_the_torn_tail_if_it_cannot_be_written) {
    io::MemoryAppendFile file(torn_journal());
    const std::error_code no_space(ENOSPC, std::system_category());
    const auto started = start_journal(file,
                                       example_header(),
                                       example_run(),
                                       kExampleTime,
                                       "fleet.journal",
                                       [&](std::string_view) {
                                           return TornCopy{"the copy", no_space};
                                       });
    ASSERT_TRUE(started) << started.error().text;
    EXPECT_EQ(started->torn_copy.error, no_space);
    EXPECT_GT(started->torn_bytes, 0u);
    EXPECT_TRUE(started->resumed);
}

TEST(StartJournal, refuses_another_plans_journal_and_names_the_differences) {
    io::MemoryAppendFile file(ExampleJournal::begun().bytes);
    JournalHeader other = example_header(31);
    other.plan_sha256 = std::string(64, 'b');
    other.simulated = true;
    const auto started = start(file, other);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, Kind::other_plan);
    EXPECT_THAT(started.error().text, HasSubstr("fleet \"payments\""));
    EXPECT_THAT(started.error().text, HasSubstr("it has 30 jobs, but this plan has 31"));
    EXPECT_THAT(started.error().text, HasSubstr("its plan is aaaaaaaaaaaaaaaa..."));
    EXPECT_THAT(started.error().text, HasSubstr("from a real run, but this run is simulated"));
    EXPECT_EQ(file.content(), ExampleJournal::begun().bytes) << "nothing was changed";
}

TEST(StartJournal, names_differing_regions_and_accounts) {
    io::MemoryAppendFile file(ExampleJournal::begun().bytes);
    JournalHeader other = example_header();
    other.plan_sha256 = std::string(64, 'b');
    other.regions.at(0).second += 5;
    other.regions.at(1).first = "sa-east-1";
    other.accounts = {"999988887777"};
    const std::string text = start(file, other).error().text;
    EXPECT_THAT(text,
                HasSubstr("10 jobs for " + example_region(0).name() + ", but this plan has 15"));
    EXPECT_THAT(text,
                HasSubstr("10 jobs for " + example_region(1).name() + ", but this plan has none"));
    EXPECT_THAT(text, HasSubstr("no jobs for sa-east-1, but this plan has 10"));
    EXPECT_THAT(text,
                HasSubstr("its account is 111122223333, but this plan's account is 999988887777"));
}

TEST(StartJournal, reports_differences_other_than_regions_and_accounts) {
    io::MemoryAppendFile file(ExampleJournal::begun().bytes);
    JournalHeader other = example_header();
    other.plan_sha256 = std::string(64, 'b');
    EXPECT_THAT(
        start(file, other).error().text,
        HasSubstr("the same number of jobs for each Region, but different keys or parameters"));
}

JournalHeader header_with(const JournalAccess& access) {
    JournalHeader header = example_header();
    header.access = access;
    return header;
}

JournalAccess access_of(JournalAccess::Endpoint endpoint, std::string arn) {
    JournalAccess access;
    access.endpoint = endpoint;
    if (endpoint == JournalAccess::Endpoint::custom) {
        access.origin = "http://localhost:4566";
    }
    access.callers = {{"111122223333", std::move(arn)}};
    return access;
}

TEST(StartJournal, records_how_the_runs_call_kms) {
    using Endpoint = JournalAccess::Endpoint;
    io::MemoryAppendFile file;
    const JournalAccess access = access_of(Endpoint::aws, "arn:aws:iam::111122223333:user/a");
    const auto started = start(file, header_with(access));
    ASSERT_TRUE(started) << started.error().text;
    EXPECT_EQ(started->replay.header().access, access);
    const auto again = start(file, header_with(access));
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->tail.next_sequence, 4u) << "header, access and two runs";
}

TEST(StartJournal, refuses_a_run_at_another_endpoint_or_as_another_caller) {
    using Endpoint = JournalAccess::Endpoint;
    const std::string arn = "arn:aws:iam::111122223333:user/a";
    io::MemoryAppendFile file;
    ASSERT_TRUE(start(file, header_with(access_of(Endpoint::custom, arn))));
    const std::string before = file.content();

    const auto endpoint = start(file, header_with(access_of(Endpoint::aws, arn)));
    ASSERT_FALSE(endpoint);
    EXPECT_EQ(endpoint.error().kind, Kind::other_access);
    EXPECT_THAT(endpoint.error().text,
                HasSubstr("its runs called http://localhost:4566, but this run calls AWS's own "
                          "endpoints"));

    JournalAccess other_port = access_of(Endpoint::custom, arn);
    other_port.origin = "http://localhost:4567";
    EXPECT_EQ(start(file, header_with(other_port)).error().kind, Kind::other_access);

    const auto caller =
        start(file, header_with(access_of(Endpoint::custom, "arn:aws:iam::111122223333:user/b")));
    ASSERT_FALSE(caller);
    EXPECT_THAT(caller.error().text,
                HasSubstr("user/a in account 111122223333, but this run uses"));
    EXPECT_EQ(file.content(), before);
}

TEST(StartJournal, accepts_a_run_whose_endpoint_and_caller_are_unknown) {
    using Endpoint = JournalAccess::Endpoint;
    io::MemoryAppendFile file;
    ASSERT_TRUE(start(file, header_with(access_of(Endpoint::aws, "arn"))));
    EXPECT_TRUE(start(file, example_header()));
    EXPECT_TRUE(start(file, header_with(access_of(Endpoint::aws, ""))));
    const auto started = start(file, example_header());
    EXPECT_EQ(started->replay.header().access, access_of(Endpoint::aws, "arn"))
        << "the caller is still known";
}

TEST(PrincipalOf, omits_the_name_of_a_role_session) {
    EXPECT_EQ(principal_of("arn:aws:sts::111122223333:assumed-role/replicator/run-17"),
              "arn:aws:sts::111122223333:assumed-role/replicator");
    EXPECT_EQ(principal_of("arn:aws:iam::111122223333:user/team/a"),
              "arn:aws:iam::111122223333:user/team/a");
    EXPECT_EQ(principal_of(""), "");
}

TEST(StartJournal, does_not_write_to_a_newer_versions_journal) {
    JournalHeader newer = example_header();
    newer.version = kJournalVersion + 1;
    ExampleJournal journal;
    journal.encoder.append(journal.bytes, kExampleTime, newer);
    io::MemoryAppendFile file(journal.bytes);
    const auto started = start(file, example_header());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, Kind::newer_version);
}

TEST(StartJournal, stops_at_damage_and_changes_nothing) {
    ExampleJournal journal = ExampleJournal::begun();
    journal.add(JournalEvent::sent, 1);
    std::string bytes = journal.bytes;
    bytes[bytes.find("worker")] = 'W';
    io::MemoryAppendFile file(bytes);
    const auto started = start(file, example_header());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, Kind::unusable);
    EXPECT_THAT(started.error().text, HasSubstr("record 1 at byte "));
    EXPECT_THAT(started.error().text, HasSubstr("the later record 2 is valid"));
    EXPECT_EQ(file.content(), bytes);
}

TEST(StartJournal, advises_what_to_do_after_an_interrupted_creation) {
    io::MemoryAppendFile file(ExampleJournal::begun().bytes.substr(0, 100));
    const auto started = start(file, example_header());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, Kind::unusable);
    EXPECT_THAT(started.error().text, HasSubstr("Remove the file"));
}

TEST(StartJournal, refuses_more_jobs_than_a_journal_can_hold) {
    io::MemoryAppendFile file;
    EXPECT_FALSE(start(file, example_header(kJournalJobsMax + 1)));
    EXPECT_EQ(file.content(), "");
}

/// Makes each operation fail, once or permanently, on a new, a valid and a torn journal. The error
/// message contains the failure's errno, and no durable record is lost once the disk works again.
TEST(StartJournal, survives_a_failure_of_any_operation) {
    using Lasting = io::MemoryAppendFile::Lasting;
    ExampleJournal good = ExampleJournal::begun();
    good.add(JournalEvent::done, 1);
    for (const std::string& content : {std::string(), good.bytes, torn_journal()}) {
        io::MemoryAppendFile counting(content);
        ASSERT_TRUE(start(counting, example_header()));
        for (std::uint64_t nth = 1; nth <= counting.operations(); ++nth) {
            for (const Lasting lasting : {Lasting::once, Lasting::permanent}) {
                io::MemoryAppendFile file(content);
                file.fail_nth(nth, EIO, lasting);
                const auto failed = start(file, example_header());
                ASSERT_FALSE(failed) << nth;
                EXPECT_EQ(failed.error().kind, Kind::io);
                EXPECT_THAT(failed.error().text, HasSubstr("errno 5"));
                file.stop_failing();
                if (nth % 2 == 0) {
                    file.crash();
                }
                const auto again = start(file, example_header());
                if (content.empty() && file.content().find('\n') == std::string::npos) {
                    continue;  // an incomplete header: open_journal removes such a file
                }
                ASSERT_TRUE(again) << nth << ": " << again.error().text;
                EXPECT_EQ(again->replay.phase(1),
                          content.empty() ? JobPhase::not_started : JobPhase::done);
            }
        }
    }
}

class OpenJournal : public testing::Test {
  protected:
    JournalResult<OpenedJournal> open(const JournalHeader& header = example_header()) {
        return open_journal(path, header, example_run(), kExampleTime);
    }
    JournalResult<OpenedJournal> start_over(const JournalHeader& header) {
        return open_journal(
            path, header, example_run(), kExampleTime, nullptr, IfJournalExists::start_over);
    }
    std::ptrdiff_t files_in_folder() const {
        return std::distance(
            std::filesystem::directory_iterator(std::filesystem::path(path).parent_path()), {});
    }
    std::string content() const {
        std::ifstream file(path, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    void put(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }

    test::TemporaryFolder folder;
    std::string path = folder.file("fleet.journal");
};

TEST_F(OpenJournal, creates_a_journal_and_resumes_it) {
    {
        const auto opened = open();
        ASSERT_TRUE(opened) << opened.error().text;
        EXPECT_FALSE(opened->start.resumed);
        EXPECT_EQ(content(), ExampleJournal::begun().bytes);
        EXPECT_FALSE(release_reserved_space(*opened->file));
    }
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_TRUE(opened->start.resumed);
    EXPECT_EQ(opened->start.replay.runs_total(), 2u);
}

TEST_F(OpenJournal, fills_an_empty_file) {
    put("");
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_FALSE(opened->start.resumed);
}

TEST_F(OpenJournal, reserves_space_and_releases_the_unused_part) {
    const auto opened = open(example_header(10'000));
    ASSERT_TRUE(opened) << opened.error().text;
    std::uint64_t before = 0;
    ASSERT_FALSE(opened->file->free_space(before));
    EXPECT_FALSE(release_reserved_space(*opened->file));
    EXPECT_EQ(content().size(), ExampleJournal::begun(10'000).bytes.size());
}

TEST_F(OpenJournal, resuming_needs_no_more_space_than_first_reserved) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlim_t reserved = example_header().jobs * kReservedBytesPerJob + (64U << 10U);
        const rlimit limit{reserved, reserved};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const bool is_made = open().has_value();
        ::_exit(is_made && open().has_value() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(OpenJournal, resumes_with_less_space_if_the_file_size_is_limited) {
    ASSERT_TRUE(open());
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);  // as in the program
        const std::uint64_t needed =
            example_header().jobs * kReservedBytesPerJob + 2 * kJournalLineBytesMax;
        const rlim_t size = content().size() + needed / 5 * 4;
        const rlimit limit{size, size};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::_exit(open().has_value() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(OpenJournal, refuses_a_second_process_and_names_the_holder) {
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    const pid_t child = ::fork();
    if (child == 0) {
        const auto second = open();
        const bool as_expected =
            !second && second.error().kind == Kind::held &&
            second.error().text.find("process 4711 on host worker-1") != std::string::npos;
        ::_exit(as_expected ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(OpenJournal, refuses_a_journal_that_others_can_write) {
    ASSERT_TRUE(open());
    for (const auto mode : {std::filesystem::perms(0620), std::filesystem::perms(0606)}) {
        std::filesystem::permissions(path, mode);
        const auto again = open();
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().kind, JournalProblem::Kind::unusable);
        EXPECT_NE(again.error().text.find("chmod go-w"), std::string::npos) << again.error().text;
    }
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    EXPECT_TRUE(open());
}

TEST_F(OpenJournal, leaves_no_stale_lock_after_a_kill) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto opened = open();
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_TRUE(opened->start.resumed);
}

TEST_F(OpenJournal, keeps_a_copy_of_the_last_torn_tail_beside_the_journal) {
    for (int round = 0; round < 3; ++round) {
        put(torn_journal());
        const auto opened = open();
        ASSERT_TRUE(opened) << opened.error().text;
        EXPECT_EQ(opened->start.torn_copy.path, folder.file("fleet.journal.torn"));
        EXPECT_FALSE(opened->start.torn_copy.error);
        EXPECT_EQ(std::filesystem::file_size(folder.file("fleet.journal.torn")),
                  opened->start.torn_bytes);
        EXPECT_EQ(content().find("\"n\":5,"), std::string::npos);
    }
    EXPECT_EQ(files_in_folder(), 2) << "the journal and one copy";
}

TEST_F(OpenJournal, replaces_a_link_in_the_place_of_the_copy) {
    put(torn_journal());
    std::ofstream(folder.file("precious")) << "precious";
    std::filesystem::create_symlink(folder.file("precious"), folder.file("fleet.journal.torn"));
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_FALSE(opened->start.torn_copy.error);
    EXPECT_EQ(std::filesystem::file_size(folder.file("precious")), 8u)
        << "the link is not followed";
}

TEST_F(OpenJournal, resumes_if_something_is_in_the_place_of_the_copy) {
    put(torn_journal());
    std::filesystem::create_directory(folder.file("fleet.journal.torn"));
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_EQ(opened->start.torn_copy.error.value(), EEXIST);
    EXPECT_TRUE(opened->start.resumed);
}

TEST_F(OpenJournal, reserves_the_space_of_a_large_plan_in_steps) {
    const auto opened = open(example_header(1'000'000));
    ASSERT_TRUE(opened) << opened.error().text;
    const JournalRoom& room = opened->start.room;
    EXPECT_EQ(room.reserved, kRoomStepBytes);
    EXPECT_EQ(room.reserved + room.still_needed, 1'000'000 * kReservedBytesPerJob + (64U << 10U));
}

TEST_F(OpenJournal, starts_a_rehearsal_over_in_the_same_file) {
    JournalHeader header = example_header();
    header.simulated = true;
    ASSERT_TRUE(open(header));
    header.plan_sha256 = std::string(64, 'b');
    const auto opened = start_over(header);
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_FALSE(opened->start.resumed);
    EXPECT_EQ(opened->start.replay.header().plan_sha256, header.plan_sha256);
    EXPECT_EQ(opened->start.replay.runs_total(), 1u);
}

TEST_F(OpenJournal, does_not_start_a_rehearsal_over_while_another_holds_the_journal) {
    JournalHeader header = example_header();
    header.simulated = true;
    const auto first = open(header);
    ASSERT_TRUE(first) << first.error().text;
    const std::string before = content();
    const auto second = start_over(header);  // locks belong to the open file, not to the process
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Kind::held);
    EXPECT_EQ(content(), before);
}

TEST_F(OpenJournal, does_not_start_over_the_journal_of_a_real_run) {
    ASSERT_TRUE(open());
    const std::string before = content();
    JournalHeader header = example_header();
    header.simulated = true;
    const auto opened = start_over(header);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Kind::other_plan);
    EXPECT_THAT(opened.error().text, HasSubstr("from a real run"));
    EXPECT_EQ(content(), before);
}

TEST_F(OpenJournal, is_read_from_the_open_file_after_the_path_was_replaced) {
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    std::filesystem::remove(path);
    put("a user's file\n");
    const auto view = view_held_journal(*opened->file, path);
    ASSERT_TRUE(view) << view.error().text;
    EXPECT_EQ(view->replay.runs_total(), 1u);
    bool same_file = true;
    ASSERT_FALSE(opened->file->check_path(same_file));
    EXPECT_FALSE(same_file);
}

TEST_F(OpenJournal, names_the_file_and_the_error_when_it_cannot_be_opened) {
    path = folder.file("none/fleet.journal");
    const auto no_folder = open();
    ASSERT_FALSE(no_folder);
    EXPECT_EQ(no_folder.error().kind, Kind::io);
    EXPECT_THAT(no_folder.error().text, HasSubstr(path));
    EXPECT_THAT(no_folder.error().text, HasSubstr("No such file or directory (errno 2)"));

    path = folder.file("link");
    std::filesystem::create_symlink(folder.file("elsewhere"), path);
    const auto link = open();
    ASSERT_FALSE(link);
    EXPECT_THAT(link.error().text, HasSubstr("symbolic link"));
}

TEST_F(OpenJournal, is_viewed_without_disturbing_its_writer) {
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().text;
    ASSERT_FALSE(opened->file->append("{\"n\":2,\"k\":2,\"p\":\"half a rec"));
    const auto view = view_journal(path);
    ASSERT_TRUE(view) << view.error().text;
    EXPECT_TRUE(view->held);
    EXPECT_EQ(view->scan.state, JournalState::torn_tail);
    EXPECT_EQ(view->replay.runs_total(), 1u);
}

TEST_F(OpenJournal, is_viewed_when_unlocked) {
    put(torn_journal());
    const auto view = view_journal(path);
    ASSERT_TRUE(view) << view.error().text;
    EXPECT_FALSE(view->held);
    EXPECT_EQ(view->replay.phase(1), JobPhase::done);
    EXPECT_EQ(content(), torn_journal());
}

TEST_F(OpenJournal, does_not_view_another_file) {
    put("# a fleet\n");
    const auto view = view_journal(path);
    ASSERT_FALSE(view);
    EXPECT_EQ(view.error().kind, Kind::unusable);
    put("");
    EXPECT_EQ(view_journal(path).error().kind, Kind::unusable);
    path = folder.file("none");
    EXPECT_EQ(view_journal(path).error().kind, Kind::io);
}

TEST(FindLastRun, searches_megabytes_of_records_from_the_end) {
    ExampleJournal journal = ExampleJournal::begun();
    JournalRun second = example_run();
    second.pid = 4712;
    journal.encoder.append(journal.bytes, kExampleTime, second);
    while (journal.bytes.size() < 5U << 20U) {
        journal.add(JournalEvent::sent, 1);
    }
    io::MemoryAppendFile file(journal.bytes);
    ASSERT_TRUE(find_last_run(file));
    EXPECT_EQ(find_last_run(file)->pid, 4712);
    io::MemoryAppendFile empty;
    EXPECT_FALSE(find_last_run(empty));
}

TEST(FindLastRun, finds_a_record_across_a_window_boundary) {
    for (std::size_t shift = 0; shift < 400; shift += 57) {
        ExampleJournal journal;
        journal.encoder.append(journal.bytes, kExampleTime, example_run());
        const std::size_t behind = (1U << 20U) - shift;
        journal.bytes += std::string(behind - 1, ' ') + '\n';
        io::MemoryAppendFile file(std::string(70'000, '\n') + journal.bytes);
        ASSERT_TRUE(find_last_run(file)) << shift;
    }
}

TEST(JournalHeaderOfPlan, describes_the_plan) {
    planner::Plan plan;
    plan.fleet_name = "payments";
    plan.sha256 = std::string(64, 'a');
    plan.keys.push_back(planner::PlannedKey{example_key(), 0});
    plan.regions = {example_region(1), example_region(0)};
    plan.jobs = {planner::Job{0, 0}, planner::Job{0, 1}};
    const JournalHeader header = journal_header(plan, "keyferry 0.1.0", true);
    EXPECT_EQ(header.jobs, 2u);
    EXPECT_EQ(header.plan_sha256, plan.sha256);
    EXPECT_EQ(header.regions,
              (std::vector<std::pair<std::string, std::uint64_t>>{{"eu-central-1", 1},
                                                                  {"eu-west-1", 1}}));
    EXPECT_EQ(header.accounts, std::vector<std::string>{"111122223333"});
    EXPECT_EQ(header.accounts_total, 1u);
    EXPECT_EQ(header.partition, "aws");
    EXPECT_TRUE(header.simulated);
}

TEST(RunOfThisProcess, names_the_process) {
    const JournalRun run = run_of_this_process("keyferry 0.1.0", "");
    EXPECT_EQ(run.pid, ::getpid());
    EXPECT_FALSE(run.host.empty());
}

}  // namespace
}  // namespace keyferry::engine
