// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/hmac_sha256.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

// RFC 4231, cases 1, 2 and 6.
TEST(HmacSha256, matches_rfc_examples) {
    EXPECT_EQ(hex(HmacSha256(std::string(20, '\x0b')).of("Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(HmacSha256("Jefe").of("what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HmacSha256, hashes_keys_longer_than_a_block) {
    EXPECT_EQ(hex(HmacSha256(std::string(131, '\xaa'))
                      .of("Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, supports_messages_with_common_prefix) {
    HmacSha256 with_beginning("key", "common ");
    HmacSha256 plain("key");
    EXPECT_EQ(with_beginning.of("one"), plain.of("common one"));
    EXPECT_EQ(with_beginning.of("two"), plain.of("common two"));
    EXPECT_EQ(with_beginning.of(""), plain.of("common "));
}

}  // namespace
}  // namespace keyferry::io
