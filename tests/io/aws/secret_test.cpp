// SPDX-License-Identifier: Apache-2.0
#include "io/aws/secret.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>

namespace keyferry::io {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string_view, Secret>);

TEST(Secret, reveals_bytes) {
    const Secret secret("s3cret");
    EXPECT_EQ(secret.reveal(), "s3cret");
    EXPECT_EQ(secret.copy().reveal(), "s3cret");
}

TEST(Secret, take_wipes_the_original) {
    std::string original = "s3cret";
    const char* bytes = original.data();
    const Secret secret = Secret::take(original);
    EXPECT_EQ(secret.reveal(), "s3cret");
    EXPECT_TRUE(original.empty());
    EXPECT_EQ(bytes[1], '\0');
}

TEST(Secret, is_empty_after_move) {
    Secret first("s3cret");
    const Secret second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what this test is about
    EXPECT_EQ(second.reveal(), "s3cret");
}

TEST(Secret, move_keeps_bytes_in_place) {
    Secret first("s3cret");
    const std::string_view bytes = first.reveal();
    Secret second("other");
    second = std::move(first);
    EXPECT_EQ(second.reveal().data(), bytes.data());
}

}  // namespace
}  // namespace keyferry::io
