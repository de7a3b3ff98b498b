#pragma once

// The account, Regions and key that the simulator's tests use.

#include "io/names/key_arn.hpp"
#include "io/names/account_region.hpp"
#include "tools/simulator/model/kms_model.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace keyferry::example {

inline constexpr std::string_view kAccountDigits = "111122223333";
inline constexpr std::string_view kKeyIdText = "mrk-1234abcd12ab34cd56ef1234567890ab";

inline AccountId account() {
    return AccountId::parse(kAccountDigits).value();
}

inline Region virginia() {
    return Region::parse("us-east-1").value();
}

inline Region ireland() {
    return Region::parse("eu-west-1").value();
}

inline Place in_virginia() {
    return Place(account(), virginia());
}

inline Place in_ireland() {
    return Place(account(), ireland());
}

inline KeyArn primary() {
    return KeyArn(virginia(), account(), KeyId::parse(kKeyIdText).value());
}

/// `after` the start of the test's time.
inline SimulatedTime at(std::chrono::nanoseconds after) {
    constexpr std::chrono::milliseconds kWallStart{1'800'000'000'000};
    return SimulatedTime{
        Moment{} + after,
        WallTime{kWallStart} + std::chrono::duration_cast<std::chrono::milliseconds>(after)};
}

inline ReplicateKeyRequest replicate_to_ireland() {
    return ReplicateKeyRequest(std::string(kKeyIdText), "eu-west-1");
}

}  // namespace keyferry::example
