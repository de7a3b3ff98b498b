// SPDX-License-Identifier: Apache-2.0
#include "io/file/orphaned_temp_files.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace keyferry::io {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The number of a process that is gone.
pid_t gone_process() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return child;
}

class LeftUnfinished : public testing::Test {
  protected:
    std::string make(const std::string& name) const {
        const std::string file = folder.file(name);
        std::ofstream(file) << "half";
        return file;
    }

    test::TemporaryFolder folder;
    std::string path = folder.file("out");
    std::string left = fmt::format(".unfinished-{}-0123456789abcdef", gone_process());
};

TEST_F(LeftUnfinished, is_what_a_process_that_is_gone_was_to_finish) {
    EXPECT_THAT(orphaned_temp_files(path), IsEmpty());
    const std::string file = make("out" + left);
    EXPECT_THAT(orphaned_temp_files(path), ElementsAre(file));
}

TEST_F(LeftUnfinished, is_no_file_of_a_process_that_is_alive) {
    std::ofstream(temp_file_name(path)) << "half";
    EXPECT_THAT(orphaned_temp_files(path), IsEmpty());
}

TEST_F(LeftUnfinished, is_no_file_of_anybody_and_none_beside_another_path) {
    make("other" + left);
    make("out.old" + left);
    make("out" + left + ".mine");
    make("out.unfinished");
    make("out.unfinished-mine");
    make("out.unfinished-0-0123456789abcdef");
    make("out.unfinished--1-0123456789abcdef");
    std::filesystem::create_directory(folder.file("out" + left));
    EXPECT_THAT(orphaned_temp_files(path), IsEmpty());
}

TEST_F(LeftUnfinished, is_no_link) {
    std::filesystem::create_symlink(make("elsewhere"), folder.file("out" + left));
    EXPECT_THAT(orphaned_temp_files(path), IsEmpty());
}

TEST_F(LeftUnfinished, is_nothing_in_a_folder_that_is_not_there) {
    EXPECT_THAT(orphaned_temp_files(folder.file("nowhere/out")), IsEmpty());
}

}  // namespace
}  // namespace keyferry::io
