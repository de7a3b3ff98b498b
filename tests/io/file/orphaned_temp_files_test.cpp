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

/// The ID of a process that no longer exists.
pid_t gone_process() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return child;
}

class OrphanedTempFiles : public testing::Test {
  protected:
    std::string make(const std::string& name) const {
        std::string file = folder.file(name);
        std::ofstream(file) << "half";
        return file;
    }

    test::TemporaryFolder folder;
    std::string path = folder.file("out");
    std::string left = fmt::format(".unfinished-{}-0123456789abcdef", gone_process());
};

TEST_F(OrphanedTempFiles, lists_files_of_dead_processes) {
    EXPECT_THAT(orphaned_temp_files(path), IsEmpty());
    const std::string file = make("out" + left);
    EXPECT_THAT(orphaned_temp_files(path), ElementsAre(file));
}

TEST_F(OrphanedTempFiles, ignores_files_of_live_processes) {
    std::ofstream(temp_file_name(path)) << "half";
    EXPECT_THAT(orphaned_temp_files(path), IsEmpty());
}

TEST_F(OrphanedTempFiles, ignores_unrelated_files) {
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

TEST_F(OrphanedTempFiles, ignores_symbolic_links) {
    std::filesystem::create_symlink(make("elsewhere"), folder.file("out" + left));
    EXPECT_THAT(orphaned_temp_files(path), IsEmpty());
}

TEST_F(OrphanedTempFiles, is_empty_for_missing_directory) {
    EXPECT_THAT(orphaned_temp_files(folder.file("nowhere/out")), IsEmpty());
}

}  // namespace
}  // namespace keyferry::io
