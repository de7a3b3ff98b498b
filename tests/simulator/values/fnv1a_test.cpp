// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/values/fnv1a.hpp"

#include <gtest/gtest.h>

namespace keyferry::simulator {
namespace {

TEST(Fnv1aTest, has_the_published_values) {
    EXPECT_EQ(fnv1a_32(""), 0x811c9dc5U);
    EXPECT_EQ(fnv1a_32("foobar"), 0xbf9cf968U);
    EXPECT_EQ(fnv1a_64(""), 0xcbf29ce484222325U);
    EXPECT_EQ(fnv1a_64("foobar"), 0x85944171f73967e8U);
}

}  // namespace
}  // namespace keyferry::simulator
