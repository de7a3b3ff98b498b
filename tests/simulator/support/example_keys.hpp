// SPDX-License-Identifier: Apache-2.0
#pragma once

// The account, Regions and key used in the simulator tests.

#include "io/names/account_region.hpp"
#include "io/names/key_arn.hpp"
#include "tools/simulator/model/kms_model.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace keyferry::simulator::example {

inline constexpr std::string_view kAccountDigits = "111122223333";
inline constexpr std::string_view kKeyIdText = "mrk-1234abcd12ab34cd56ef1234567890ab";

inline io::AccountId account() {
    return io::AccountId::parse(kAccountDigits).value();
}

inline io::Region virginia() {
    return io::Region::parse("us-east-1").value();
}

inline io::Region ireland() {
    return io::Region::parse("eu-west-1").value();
}

inline io::AccountRegion in_virginia() {
    return io::AccountRegion(account(), virginia());
}

inline io::AccountRegion in_ireland() {
    return io::AccountRegion(account(), ireland());
}

inline io::KeyArn primary() {
    return io::KeyArn(virginia(), account(), io::KeyId::parse(kKeyIdText).value());
}

/// The time at `after` since the start of the test's clock.
inline SimulatedTime at(std::chrono::nanoseconds after) {
    constexpr std::chrono::milliseconds kWallStart{1'800'000'000'000};
    return SimulatedTime{
        io::Moment{} + after,
        io::WallTime{kWallStart} + std::chrono::duration_cast<std::chrono::milliseconds>(after)};
}

inline io::ReplicateKeyRequest replicate_to_ireland() {
    return io::ReplicateKeyRequest(std::string(kKeyIdText), "eu-west-1");
}

}  // namespace keyferry::simulator::example
