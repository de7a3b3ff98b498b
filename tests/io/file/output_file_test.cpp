// SPDX-License-Identifier: Apache-2.0
#include "io/file/output_file.hpp"

#include "io/file/read_file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace keyferry::io {
namespace {

namespace fs = std::filesystem;

// No test uses a path below /dev: for root, a defect could replace a device of the machine.
class OutputFileTest : public testing::Test {
  protected:
    static std::error_code write(const std::string& path, IfExists if_exists = IfExists::replace) {
        return write_file(path, if_exists, [](const auto& sink) {
            sink("new ");
            sink("content");
        });
    }
    static std::string content_of(const std::string& path) {
        const auto text = read_file(path, 1000);
        return text ? *text : text.error().text;
    }
    static std::string read_all(int descriptor) {
        std::array<char, 100> bytes{};
        const ssize_t got = ::read(descriptor, bytes.data(), bytes.size());
        return got < 0 ? "error" : std::string(bytes.data(), static_cast<std::size_t>(got));
    }
    static OutputTarget::Kind kind_of(const std::string& path) {
        OutputTarget target;
        EXPECT_FALSE(inspect_output(path, target));
        return target.kind;
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_.file("")), fs::directory_iterator()));
    }

    test::TemporaryFolder folder_;
    std::string path_ = folder_.file("out");
};

TEST_F(OutputFileTest, creates_or_replaces_a_regular_file) {
    EXPECT_EQ(kind_of(path_), OutputTarget::Kind::absent);
    EXPECT_FALSE(write(path_));
    EXPECT_EQ(kind_of(path_), OutputTarget::Kind::file);
    EXPECT_FALSE(write(path_));
    EXPECT_EQ(content_of(path_), "new content");
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, refuses_an_existing_file_on_request) {
    EXPECT_FALSE(write(path_, IfExists::refuse));
    EXPECT_EQ(write(path_, IfExists::refuse), std::errc::file_exists);
}

TEST_F(OutputFileTest, follows_symbolic_links_to_files) {
    const std::string link = folder_.file("link");
    fs::create_symlink("out", link);
    EXPECT_FALSE(write(link));
    EXPECT_FALSE(write(link));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(content_of(path_), "new content");
    EXPECT_EQ(files(), 2u);
}

TEST_F(OutputFileTest, writes_into_a_fifo) {
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    const Descriptor reader(::open(path_.c_str(), O_RDONLY | O_NONBLOCK));
    EXPECT_EQ(kind_of(path_), OutputTarget::Kind::stream);
    EXPECT_FALSE(write(path_));
    EXPECT_EQ(read_all(reader.number()), "new content");
    EXPECT_TRUE(fs::is_fifo(path_));
}

TEST_F(OutputFileTest, continues_at_the_position_of_a_descriptor_of_this_process) {
    const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT, 0600));
    ASSERT_EQ(::write(file.number(), "before ", 7), 7);
    const std::string link = folder_.file("link");
    fs::create_symlink(fmt::format("/proc/self/fd/{}", file.number()), link);
    EXPECT_EQ(kind_of(link), OutputTarget::Kind::stream);
    EXPECT_FALSE(write(link));
    EXPECT_EQ(content_of(path_), "before new content");
    EXPECT_FALSE(write(fmt::format("/proc/self/fd/{}", file.number())));
    EXPECT_EQ(content_of(path_), "before new contentnew content");
}

TEST_F(OutputFileTest, writes_into_a_pipe_of_this_process) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const Descriptor reader(ends[0]);
    const Descriptor writer(ends[1]);
    EXPECT_FALSE(write(fmt::format("/proc/self/fd/{}", writer.number())));
    EXPECT_EQ(read_all(reader.number()), "new content");
}

TEST_F(OutputFileTest, rejects_a_folder) {
    EXPECT_EQ(kind_of(folder_.file("")), OutputTarget::Kind::folder);
    EXPECT_EQ(write(folder_.file("")), std::errc::is_a_directory);
    EXPECT_EQ(files(), 0u);
}

TEST_F(OutputFileTest, reports_a_closed_descriptor) {
    EXPECT_TRUE(write("/proc/self/fd/999999"));
}

TEST_F(OutputFileTest, keeps_the_old_file_if_writing_fails) {
    EXPECT_FALSE(write(path_));
    EXPECT_THROW(static_cast<void>(write_file(
                     path_, IfExists::replace, [](const auto&) { throw std::runtime_error("x"); })),
                 std::runtime_error);
    EXPECT_EQ(content_of(path_), "new content");
    EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace keyferry::io
