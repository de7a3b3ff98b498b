// SPDX-License-Identifier: Apache-2.0
#include "io/file/posix_append_file.hpp"

#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace keyferry::io {
namespace {

using Access = PosixAppendFile::Access;

/// Runs `work` in a child process; returns whether it returned true.
template <typename Work>
bool in_other_process(Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(work() ? 0 : 1);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class PosixAppendFileTest : public testing::Test {
  protected:
    std::unique_ptr<PosixAppendFile> make(const std::string& content) {
        std::unique_ptr<PosixAppendFile> file;
        EXPECT_FALSE(PosixAppendFile::create(path, file));
        EXPECT_FALSE(file->append(content));
        return file;
    }
    std::string content_of(AppendFile& file) {
        std::array<char, 64> into{};
        std::size_t got = 0;
        EXPECT_FALSE(file.read(0, into, got));
        return {into.data(), got};
    }

    test::TemporaryFolder folder;
    std::string path = folder.file("journal");
};

TEST_F(PosixAppendFileTest, creates_file_with_mode_0600) {
    const auto file = make("");
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    EXPECT_FALSE(file->sync());
    EXPECT_FALSE(file->sync_folder());
}

TEST_F(PosixAppendFileTest, never_overwrites_an_existing_file) {
    make("content");
    std::unique_ptr<PosixAppendFile> file;
    EXPECT_EQ(PosixAppendFile::create(path, file).value(), EEXIST);
    EXPECT_EQ(file, nullptr);
}

TEST_F(PosixAppendFileTest, rejects_symbolic_links_and_devices) {
    make("content");
    std::filesystem::create_symlink(path, folder.file("link"));
    std::unique_ptr<PosixAppendFile> file;
    EXPECT_EQ(PosixAppendFile::open(folder.file("link"), Access::read_and_append, file).value(),
              ELOOP);
    EXPECT_EQ(PosixAppendFile::open("/dev/null", Access::read_only, file).value(), EINVAL);
    ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
    EXPECT_EQ(PosixAppendFile::open(folder.file("pipe"), Access::read_only, file).value(), EINVAL);
    EXPECT_EQ(PosixAppendFile::open(folder.file("none"), Access::read_only, file).value(), ENOENT);
}

TEST_F(PosixAppendFileTest, appends_reads_and_truncates) {
    const auto file = make("one two");
    EXPECT_EQ(content_of(*file), "one two");
    EXPECT_FALSE(file->truncate(3));
    EXPECT_FALSE(file->append("!"));
    EXPECT_EQ(content_of(*file), "one!");
    std::uint64_t size = 0;
    EXPECT_FALSE(file->size(size));
    EXPECT_EQ(size, 4u);
}

TEST_F(PosixAppendFileTest, rewrites_in_place_and_appends_again_afterwards) {
    const auto file = make("one two");
    EXPECT_FALSE(file->rewrite(4, "TWO"));
    EXPECT_EQ(content_of(*file), "one TWO");
    EXPECT_FALSE(file->append("."));
    EXPECT_EQ(content_of(*file), "one TWO.");
}

TEST_F(PosixAppendFileTest, a_reader_cannot_append) {
    make("content");
    std::unique_ptr<PosixAppendFile> reader;
    ASSERT_FALSE(PosixAppendFile::open(path, Access::read_only, reader));
    EXPECT_EQ(reader->append("more").value(), EBADF);
}

TEST_F(PosixAppendFileTest, reserving_does_not_change_the_size) {
    const auto file = make("content");
    EXPECT_FALSE(file->reserve(1U << 20U));
    EXPECT_EQ(content_of(*file), "content");
    EXPECT_FALSE(file->reserve(0));
}

TEST_F(PosixAppendFileTest, fails_to_reserve_more_than_the_disk_has) {
    const auto file = make("content");
    EXPECT_TRUE(file->reserve(std::uint64_t{1} << 62U));
    EXPECT_EQ(file->reserve(~std::uint64_t{0}).value(), EFBIG);
    std::uint64_t free_bytes = 0;
    EXPECT_FALSE(file->free_space(free_bytes));
    EXPECT_GT(free_bytes, 0u);
}

TEST_F(PosixAppendFileTest, keeps_reserved_space_when_the_disk_is_full) {
    const auto file = make("content");
    ASSERT_FALSE(file->reserve(4U << 20U));
    struct stat before {};
    ASSERT_EQ(::stat(path.c_str(), &before), 0);
    if (before.st_blocks * 512 < 4 << 20) {
        GTEST_SKIP() << "this file system cannot reserve space";
    }
    std::uint64_t free_bytes = 0;
    ASSERT_FALSE(file->free_space(free_bytes));
    EXPECT_EQ(file->reserve(free_bytes * 2 + (1U << 30U)).value(), ENOSPC);
    struct stat after {};
    ASSERT_EQ(::stat(path.c_str(), &after), 0);
    EXPECT_EQ(after.st_blocks, before.st_blocks);
    EXPECT_FALSE(file->reserve(4U << 20U)) << "space that is already reserved counts";
}

TEST_F(PosixAppendFileTest, fails_to_reserve_beyond_the_file_size_limit) {
    const auto file = make("content");
    EXPECT_TRUE(in_other_process([&] {
        const rlimit limit{4096, 4096};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return !file->reserve(4096 - 7) && file->reserve(4096 - 6).value() == EFBIG;
    }));
}

TEST_F(PosixAppendFileTest, lock_is_exclusive) {
    auto file = make("content");
    EXPECT_FALSE(file->lock());
    const auto is_refused = [&] {
        std::unique_ptr<PosixAppendFile> other;
        bool held = false;
        return !PosixAppendFile::open(path, Access::read_and_append, other) &&
               other->lock().value() == EAGAIN && !other->find_lock(held) && held;
    };
    EXPECT_TRUE(in_other_process(is_refused));
    EXPECT_TRUE(is_refused()) << "within the same process";
    file.reset();
    EXPECT_TRUE(in_other_process([&] {
        std::unique_ptr<PosixAppendFile> other;
        bool held = true;
        return !PosixAppendFile::open(path, Access::read_and_append, other) &&
               !other->find_lock(held) && !held && !other->lock();
    }));
}

TEST_F(PosixAppendFileTest, reader_detects_lock_without_breaking_it) {
    const auto file = make("content");
    EXPECT_FALSE(file->lock());
    {
        std::unique_ptr<PosixAppendFile> reader;
        ASSERT_FALSE(PosixAppendFile::open(path, Access::read_only, reader));
        bool held = false;
        EXPECT_FALSE(reader->find_lock(held));
        EXPECT_TRUE(held);
    }
    std::unique_ptr<PosixAppendFile> other;
    ASSERT_FALSE(PosixAppendFile::open(path, Access::read_and_append, other));
    EXPECT_EQ(other->lock().value(), EAGAIN);
}

TEST_F(PosixAppendFileTest, detects_that_the_path_refers_to_another_file) {
    const auto file = make("content");
    bool same = false;
    EXPECT_FALSE(file->check_path(same));
    EXPECT_TRUE(same);
    std::filesystem::rename(path, folder.file("moved"));
    EXPECT_FALSE(file->check_path(same));
    EXPECT_FALSE(same);
    const auto other = make("other");
    EXPECT_FALSE(file->check_path(same));
    EXPECT_FALSE(same);
}

TEST_F(PosixAppendFileTest, reports_short_write) {
    const auto file = make("");
    EXPECT_TRUE(in_other_process([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{6, 6};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return file->append("12345678").value() == EFBIG;
    }));
    EXPECT_EQ(content_of(*file), "123456");
}

}  // namespace
}  // namespace keyferry::io
