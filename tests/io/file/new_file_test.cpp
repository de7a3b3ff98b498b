// SPDX-License-Identifier: Apache-2.0
#include "io/file/new_file.hpp"

#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace keyferry::io {
namespace {

std::string content_of(const std::string& path) {
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
}

class NewFileTest : public testing::Test {
  protected:
    std::unique_ptr<NewFile> filled() const {
        std::unique_ptr<NewFile> file;
        EXPECT_FALSE(NewFile::create(path, file));
        EXPECT_FALSE(file->file().append("new"));
        EXPECT_FALSE(file->file().sync());
        return file;
    }

    test::TemporaryFolder folder;
    std::string path = folder.file("out");
    bool is_published = false;
};

TEST_F(NewFileTest, is_not_visible_until_published) {
    const std::unique_ptr<NewFile> file = filled();
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_FALSE(file->publish(is_published));
    EXPECT_TRUE(is_published);
    EXPECT_EQ(content_of(path), "new");
    EXPECT_FALSE(std::filesystem::exists(file->temporary_path()));
}

TEST_F(NewFileTest, is_removed_if_not_published) {
    const std::string temporary = filled()->temporary_path();
    EXPECT_FALSE(std::filesystem::exists(temporary));
}

TEST_F(NewFileTest, temporary_names_are_unique) {
    EXPECT_NE(filled()->temporary_path(), filled()->temporary_path());
}

TEST_F(NewFileTest, publish_fails_if_path_exists) {
    const std::unique_ptr<NewFile> file = filled();
    std::ofstream(path) << "mine";
    EXPECT_EQ(file->publish(is_published).value(), EEXIST);
    EXPECT_FALSE(is_published);
    EXPECT_EQ(content_of(path), "mine");
    EXPECT_FALSE(file->publish_over(is_published));
    EXPECT_EQ(content_of(path), "new");
}

TEST_F(NewFileTest, replace_keeps_the_old_file) {
    std::ofstream(path) << "mine";
    std::string kept_as;
    EXPECT_FALSE(filled()->replace(kept_as, is_published));
    EXPECT_EQ(content_of(path), "new");
    EXPECT_EQ(content_of(kept_as), "mine");
}

TEST_F(NewFileTest, does_not_publish_or_remove_another_file_at_the_temporary_path) {
    std::unique_ptr<NewFile> file = filled();
    const std::string temporary = file->temporary_path();
    std::filesystem::remove(temporary);
    std::ofstream(temporary) << "theirs";
    EXPECT_EQ(file->publish(is_published).value(), ESTALE);
    file.reset();
    EXPECT_EQ(content_of(temporary), "theirs");
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(NewFileTest, copies_owner_and_mode_through_the_descriptor) {
    std::ofstream(path) << "mine";
    std::filesystem::permissions(path, std::filesystem::perms(0640));
    const std::unique_ptr<NewFile> file = filled();
    const std::string temporary = file->temporary_path();
    const std::string victim = folder.file("victim");
    std::ofstream(victim) << "theirs";
    std::filesystem::permissions(victim, std::filesystem::perms(0600));
    std::filesystem::rename(temporary, folder.file("moved"));
    std::filesystem::create_hard_link(victim, temporary);
    EXPECT_FALSE(file->file().copy_owner(path));
    EXPECT_EQ(std::filesystem::status(folder.file("moved")).permissions(),
              std::filesystem::perms(0640));
    EXPECT_EQ(std::filesystem::status(victim).permissions(), std::filesystem::perms(0600));
}

}  // namespace
}  // namespace keyferry::io
