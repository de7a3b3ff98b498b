// SPDX-License-Identifier: Apache-2.0
#include "io/file/read_file.hpp"

#include "io/file/descriptor.hpp"
#include "io/file/file_kind.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;

class ReadFile : public ::testing::Test {
  public:
    ReadFile(const ReadFile&) = delete;
    ReadFile& operator=(const ReadFile&) = delete;
    ~ReadFile() override { std::filesystem::remove_all(folder_); }

  protected:
    ReadFile() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "keyferry-read-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }

    std::string write(const std::string& content) {
        const std::filesystem::path path = folder_ / "file";
        std::ofstream(path) << content;
        return path.string();
    }

    std::filesystem::path folder_;
};

TEST_F(ReadFile, reads_entire_content) {
    const std::string content(100'000, 'x');
    EXPECT_EQ(*read_file(write(content), content.size()), content);
    EXPECT_EQ(*read_file(write(""), 0), "");
}

TEST_F(ReadFile, follows_symbolic_links) {
    std::filesystem::create_symlink(write("behind"), folder_ / "link");
    EXPECT_EQ(*read_file((folder_ / "link").string(), 10), "behind");
}

TEST_F(ReadFile, rejects_file_over_the_limit) {
    const auto result = read_file(write("12345"), 4);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, std::errc::file_too_large);
    EXPECT_THAT(result.error().text, HasSubstr("more than 4 bytes"));
}

TEST_F(ReadFile, reports_missing_file) {
    const auto result = read_file((folder_ / "none").string(), 1);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, std::errc::no_such_file_or_directory);
    EXPECT_THAT(result.error().text, HasSubstr((folder_ / "none").string()));
}

TEST_F(ReadFile, rejects_directory) {
    EXPECT_EQ(read_file(folder_.string(), 1).error().code, std::errc::is_a_directory);
}

TEST_F(ReadFile, rejects_pipe_without_blocking) {
    const std::string path = (folder_ / "pipe").string();
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_THAT(read_file(path, 1).error().text, HasSubstr("not a regular file"));
}

TEST(FileKind, names_a_file_of_another_kind) {
    const FileKind spec = file_kind("# payments\n[fleet]\nname");
    EXPECT_EQ(spec, FileKind::fleet_spec);
    EXPECT_EQ(file_kind("name = \"[fleet]\""), FileKind::other);
    const FileKind plan = file_kind(R"({"format":"keyferry-plan","version":3})");
    EXPECT_EQ(
        wrong_kind_text(plan, FileKind::fleet_spec),
        "a saved plan, not a fleet spec; 'keyferry show', 'check' and 'run' read saved plans");
    EXPECT_THAT(
        wrong_kind_text(spec, FileKind::journal),
        HasSubstr("a fleet spec, not a keyferry journal; 'keyferry plan FLEET --out PLAN'"));
    EXPECT_EQ(wrong_kind_text(spec, FileKind::fleet_spec), "");
    EXPECT_EQ(wrong_kind_text(FileKind::other, FileKind::journal), "");
}

/// A pipe that holds `content` and has no writer any more.
class FullPipe {
  public:
    explicit FullPipe(std::string_view content) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        EXPECT_EQ(::write(ends[1], content.data(), content.size()),
                  static_cast<ssize_t>(content.size()));
        ::close(ends[1]);
        end_ = Descriptor(ends[0]);
    }
    [[nodiscard]] std::string path() const { return fmt::format("/dev/fd/{}", end_.number()); }

  private:
    Descriptor end_;
};

TEST_F(ReadFile, input_may_be_a_pipe_a_device_or_a_file) {
    EXPECT_EQ(*read_input(FullPipe("in a pipe").path(), 9), "in a pipe");
    EXPECT_EQ(*read_input("/dev/null", 0), "");
    EXPECT_EQ(*read_input(write("in a file"), 9), "in a file");
}

TEST_F(ReadFile, input_is_limited) {
    const FullPipe pipe("12345");
    for (const std::string& path : {pipe.path(), std::string("/dev/zero")}) {
        const auto result = read_input(path, 4);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, std::errc::file_too_large);
    }
    EXPECT_EQ(read_input(folder_.string(), 4).error().code, std::errc::is_a_directory);
}

}  // namespace
}  // namespace keyferry::io
