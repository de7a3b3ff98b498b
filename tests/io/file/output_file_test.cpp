// SPDX-License-Identifier: Apache-2.0
#include "io/file/output_file.hpp"

#include "io/file/read_file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace keyferry::io {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

// No test uses a path below /dev: if root runs the tests, a bug could replace a device.
class OutputFileTest : public testing::Test {
  protected:
    static constexpr std::string_view kPlan = R"({"format":"keyferry-plan","version":1})";
    static constexpr std::string_view kJournal = R"({"n":0,"k":0,"p":"00000000","ev":"header"})";

    static OutputRule rule(bool force = false) {
        return {.kind = FileKind::saved_plan, .force = force};
    }
    /// Returns the error; empty if the output was written.
    static std::string write(const std::string& path, const OutputRule& how = rule()) {
        const std::optional<OutputProblem> problem = write_output(path, how, [](const auto& sink) {
            sink(kPlan.substr(0, 10));
            sink(kPlan.substr(10));
        });
        return problem ? problem->text : "";
    }
    void put(std::string_view text) const { std::ofstream(path_) << text; }
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
        const auto target = inspect_output(path, true);
        EXPECT_TRUE(target);
        return target->kind;
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_.file("")), fs::directory_iterator()));
    }

    test::TemporaryFolder folder_;
    std::string path_ = folder_.file("out");
};

TEST_F(OutputFileTest, creates_a_private_file_or_replaces_one_of_its_kind) {
    EXPECT_EQ(kind_of(path_), OutputTarget::Kind::absent);
    EXPECT_EQ(write(path_), "");
    EXPECT_EQ(kind_of(path_), OutputTarget::Kind::file);
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(write(path_), "");
    EXPECT_EQ(content_of(path_), kPlan);
    EXPECT_EQ(files(), 1U);
}

TEST_F(OutputFileTest, replaces_another_file_only_with_force_and_keeps_its_mode) {
    put("mine");
    fs::permissions(path_, fs::perms{0640});
    EXPECT_THAT(write(path_),
                EndsWith("exists and is not a saved plan; use --force to overwrite it"));
    EXPECT_EQ(content_of(path_), "mine");
    EXPECT_EQ(write(path_, rule(true)), "");
    EXPECT_EQ(content_of(path_), kPlan);
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0640});
    put(R"({"time_ms":1})");
    EXPECT_THAT(write(path_), HasSubstr("exists and is a ledger of keyferry simulate"));
}

TEST_F(OutputFileTest, replaces_an_empty_file_but_never_a_journal) {
    put("");
    EXPECT_EQ(write(path_), "");
    put(kJournal);
    EXPECT_THAT(write(path_, rule(true)), HasSubstr("is a keyferry journal"));
    EXPECT_EQ(content_of(path_), kJournal);
}

TEST_F(OutputFileTest, never_replaces_a_locked_file) {
    put(kPlan);
    std::unique_ptr<PosixAppendFile> other;
    ASSERT_FALSE(PosixAppendFile::open(path_, PosixAppendFile::Access::read_and_append, other));
    ASSERT_FALSE(other->lock());
    EXPECT_THAT(write(path_, rule(true)), HasSubstr("is in use by another process"));
}

TEST_F(OutputFileTest, applies_the_rule_again_before_replacing) {
    put(kPlan);
    auto output = OutputFile::open(path_, rule());
    ASSERT_TRUE(output);
    ASSERT_FALSE((*output)->append("x"));
    put(kJournal);
    EXPECT_THAT((*output)->publish().value().text, HasSubstr("is a keyferry journal"));
    fs::remove(path_);
    put(kPlan);
    auto absent = OutputFile::open(folder_.file("new"), rule());
    ASSERT_TRUE(absent);
    std::ofstream(folder_.file("new")) << "theirs";
    EXPECT_THAT((*absent)->publish().value().text, HasSubstr("was created by another process"));
    EXPECT_EQ(content_of(folder_.file("new")), "theirs");
}

TEST_F(OutputFileTest, refuses_symbolic_links) {
    const std::string link = folder_.file("link");
    fs::create_symlink("out", link);
    EXPECT_THAT(write(link, rule(true)), HasSubstr("is a symbolic link"));
    put(kPlan);
    EXPECT_THAT(write(link, rule(true)), HasSubstr("is a symbolic link"));
    EXPECT_EQ(files(), 2U);
}

TEST_F(OutputFileTest, writes_into_a_fifo) {
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    const Descriptor reader(::open(path_.c_str(), O_RDONLY | O_NONBLOCK));
    EXPECT_EQ(kind_of(path_), OutputTarget::Kind::stream);
    EXPECT_EQ(write(path_), "");
    EXPECT_EQ(read_all(reader.number()), kPlan);
    EXPECT_TRUE(fs::is_fifo(path_));
    OutputRule regular = rule();
    regular.allows_streams = false;
    EXPECT_THAT(write(path_, regular), HasSubstr("is not a regular file"));
    EXPECT_THAT(write("-", regular), HasSubstr("./- for the name '-'"));
}

TEST_F(OutputFileTest, continues_at_the_position_of_a_descriptor_of_this_process) {
    const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT, 0600));
    ASSERT_EQ(::write(file.number(), "before ", 7), 7);
    const std::string link = folder_.file("link");
    fs::create_symlink(fmt::format("/proc/self/fd/{}", file.number()), link);
    EXPECT_EQ(kind_of(link), OutputTarget::Kind::stream);
    EXPECT_EQ(write(link), "");
    EXPECT_EQ(write(fmt::format("/proc/self/fd/{}", file.number())), "");
    EXPECT_EQ(content_of(path_), fmt::format("before {}{}", kPlan, kPlan));
}

TEST_F(OutputFileTest, writes_into_a_pipe_of_this_process) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const Descriptor reader(ends[0]);
    const Descriptor writer(ends[1]);
    EXPECT_EQ(write(fmt::format("/proc/self/fd/{}", writer.number())), "");
    EXPECT_EQ(read_all(reader.number()), kPlan);
}

TEST_F(OutputFileTest, refuses_a_folder_and_reports_a_missing_one) {
    EXPECT_THAT(write(folder_.file("")), HasSubstr("is a folder; name a file in it"));
    EXPECT_EQ(files(), 0U);
    const auto target = check_output(folder_.file("no/such"), rule());
    ASSERT_FALSE(target);
    EXPECT_FALSE(target.error().is_refusal);
    EXPECT_THAT(target.error().text, HasSubstr("No such file or directory"));
}

TEST_F(OutputFileTest, reports_a_closed_descriptor) {
    EXPECT_NE(write("/proc/self/fd/999999"), "");
}

TEST_F(OutputFileTest, keeps_the_old_file_if_writing_fails) {
    EXPECT_EQ(write(path_), "");
    EXPECT_THROW(static_cast<void>(write_output(
                     path_, rule(), [](const auto&) { throw std::runtime_error("x"); })),
                 std::runtime_error);
    EXPECT_EQ(content_of(path_), kPlan);
    EXPECT_EQ(files(), 1U);
}

}  // namespace
}  // namespace keyferry::io
