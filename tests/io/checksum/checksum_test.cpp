// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/crc32c.hpp"
#include "io/checksum/sha256.hpp"

#include <boost/crc.hpp>

#include <gtest/gtest.h>

#include <random>

namespace keyferry::io {
namespace {

// Returns 0 to 255 bytes that depend only on the seed.
std::string random_bytes(std::mt19937& random) {
    std::string bytes(random() % 256, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random());
    }
    return bytes;
}

TEST(Sha256, matches_standard_examples) {
    EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, incremental_matches_one_shot) {
    Sha256 pieces;
    pieces.update("a");
    pieces.update("");
    pieces.update("bc");
    EXPECT_EQ(pieces.finish(), sha256("abc"));
}

TEST(Sha256, instances_are_independent) {
    Sha256 first;
    Sha256 second;
    first.update("a");
    second.update("x");
    first.update("bc");
    EXPECT_EQ(hex(sha256("")).size(), 64U);
    EXPECT_EQ(first.finish(), sha256("abc"));
    EXPECT_EQ(second.finish(), sha256("x"));
}

TEST(Sha256, continues_from_another_state) {
    Sha256 beginning;
    beginning.update("ab");
    Sha256 working;
    for (int i = 0; i < 2; ++i) {
        working.continue_from(beginning);
        working.update("c");
        EXPECT_EQ(working.finish(), sha256("abc"));
    }
}

TEST(Crc32c, matches_check_value) {
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
    EXPECT_EQ(crc32c_by_table("123456789"), 0xe3069283U);
    EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, matches_iscsi_examples) {
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
}

TEST(Crc32c, continues_from_an_earlier_value) {
    EXPECT_EQ(crc32c("6789", crc32c("12345")), crc32c("123456789"));
}

TEST(Crc32c, matches_table_and_boost_for_all_lengths) {
    std::mt19937 random(1);
    for (int i = 0; i < 1000; ++i) {
        const std::string bytes = random_bytes(random);
        boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> boost_crc;
        boost_crc.process_bytes(bytes.data(), bytes.size());
        ASSERT_EQ(crc32c(bytes), boost_crc.checksum());
        ASSERT_EQ(crc32c_by_table(bytes), boost_crc.checksum());
    }
}

}  // namespace
}  // namespace keyferry::io
