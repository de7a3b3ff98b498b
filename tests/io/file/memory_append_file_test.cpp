// SPDX-License-Identifier: Apache-2.0
#include "io/file/memory_append_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>

namespace keyferry::io {
namespace {

using Lasting = MemoryAppendFile::Lasting;

TEST(MemoryAppendFile, reads_back_what_was_appended) {
    MemoryAppendFile file;
    EXPECT_FALSE(file.append("one "));
    EXPECT_FALSE(file.append("two"));
    std::array<char, 16> into{};
    std::size_t got = 0;
    EXPECT_FALSE(file.read(4, into, got));
    EXPECT_EQ(std::string_view(into.data(), got), "two");
    EXPECT_FALSE(file.read(7, into, got));
    EXPECT_EQ(got, 0u);
}

TEST(MemoryAppendFile, crash_discards_unsynced_data) {
    MemoryAppendFile file;
    EXPECT_FALSE(file.append("kept"));
    EXPECT_FALSE(file.sync());
    EXPECT_FALSE(file.append("lost"));
    file.crash();
    EXPECT_EQ(file.content(), "kept");
}

TEST(MemoryAppendFile, crash_can_keep_part_of_unsynced_data) {
    MemoryAppendFile file;
    EXPECT_FALSE(file.append("kept"));
    EXPECT_FALSE(file.sync());
    EXPECT_FALSE(file.append("lost"));
    file.crash(2);
    EXPECT_EQ(file.content(), "keptlo");
}

TEST(MemoryAppendFile, crash_undoes_unsynced_truncation) {
    MemoryAppendFile file("0123456789");
    EXPECT_FALSE(file.truncate(4));
    EXPECT_EQ(file.content(), "0123");
    file.crash();
    EXPECT_EQ(file.content(), "0123456789");
    EXPECT_FALSE(file.truncate(4));
    EXPECT_FALSE(file.sync());
    file.crash();
    EXPECT_EQ(file.content(), "0123");
}

TEST(MemoryAppendFile, rewrites_only_within_the_file) {
    MemoryAppendFile file("0123456789");
    EXPECT_FALSE(file.rewrite(2, "xyz"));
    EXPECT_EQ(file.content(), "01xyz56789");
    EXPECT_EQ(file.rewrite(8, "xyz").value(), EINVAL);
    file.crash();
    EXPECT_EQ(file.content(), "0123456789");
}

TEST(MemoryAppendFile, fails_the_nth_operation_once) {
    MemoryAppendFile file;
    file.fail_nth(2, EIO, Lasting::once);
    EXPECT_FALSE(file.append("a"));
    EXPECT_EQ(file.sync().value(), EIO);
    EXPECT_FALSE(file.sync());
}

TEST(MemoryAppendFile, fails_permanently_from_nth_operation_of_a_kind) {
    MemoryAppendFile file;
    file.fail_nth(FileOperation::sync, 2, EIO, Lasting::permanent);
    EXPECT_FALSE(file.append("a"));
    EXPECT_FALSE(file.sync());
    EXPECT_FALSE(file.append("b"));
    EXPECT_EQ(file.sync().value(), EIO);
    EXPECT_EQ(file.sync().value(), EIO);
    EXPECT_FALSE(file.append("c"));
    EXPECT_EQ(file.durable_content(), "a");
}

TEST(MemoryAppendFile, failing_append_writes_half) {
    MemoryAppendFile file;
    file.fail_nth(1, ENOSPC, Lasting::once);
    EXPECT_EQ(file.append("abcd").value(), ENOSPC);
    EXPECT_EQ(file.content(), "ab");
}

TEST(MemoryAppendFile, returns_enospc_at_the_size_limit) {
    MemoryAppendFile file;
    file.limit_size(6);
    EXPECT_EQ(file.reserve(7).value(), ENOSPC);
    EXPECT_FALSE(file.reserve(6));
    EXPECT_FALSE(file.append("abcd"));
    EXPECT_EQ(file.append("efgh").value(), ENOSPC);
    EXPECT_EQ(file.content(), "abcdef");
}

TEST(MemoryAppendFile, calls_function_during_sync) {
    MemoryAppendFile file;
    int syncs = 0;
    file.while_syncing([&] { ++syncs; });
    EXPECT_FALSE(file.sync());
    EXPECT_EQ(syncs, 1);
    EXPECT_EQ(file.count(FileOperation::sync), 1u);
    EXPECT_EQ(file.operations(), 1u);
}

}  // namespace
}  // namespace keyferry::io
