// SPDX-License-Identifier: Apache-2.0
#include "io/file/read_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/stat.h>

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

}  // namespace
}  // namespace keyferry::io
