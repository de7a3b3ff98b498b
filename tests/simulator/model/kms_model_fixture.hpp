// SPDX-License-Identifier: Apache-2.0
#pragma once

// Shared by the KmsModel tests: a model with one primary in us-east-1.

#include "tests/simulator/support/example_keys.hpp"
#include "tools/simulator/model/kms_model.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

namespace keyferry::simulator::example {

inline constexpr std::string_view kArn =
    "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
inline constexpr std::string_view kReplicaArn =
    "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

template <typename Result>
const Result& result_of(const Handled<Result>& handled) {
    const auto* refusal = std::get_if<KmsRefusal>(&handled.response);
    EXPECT_EQ(refusal, nullptr) << refusal->wire_code << ": " << refusal->message;
    return std::get<Result>(handled.response);
}

template <typename Result>
const KmsRefusal& refusal_of(const Handled<Result>& handled) {
    EXPECT_EQ(handled.effect.kind, EffectKind::none);
    return std::get<KmsRefusal>(handled.response);
}

template <typename Result>
void expect_refusal(const Handled<Result>& handled,
                    std::string_view wire_code,
                    std::string_view message) {
    const KmsRefusal& refusal = refusal_of(handled);
    EXPECT_EQ(refusal.wire_code, wire_code);
    EXPECT_EQ(refusal.message, message);
    EXPECT_EQ(refusal.http_status, 400);
}

/// Copies the state that a model would save to another model.
inline void copy_state(KmsModel& from, KmsModel& into, const SimulatedTime& time) {
    from.save(time, [&](const std::string& record) {
        const auto problem = into.load_record(boost::json::parse(record).as_object(), time);
        EXPECT_FALSE(problem) << problem->text << ": " << record;
    });
    into.finish_loading();
}

/// The primary key that the fixture adds.
inline const std::string kKeyId{kKeyIdText};

class KmsModelTest : public testing::Test {
  protected:
    KmsModelTest() { model_.add_primary_key(primary()); }

    auto replicate(const io::ReplicateKeyRequest& request, std::chrono::nanoseconds when = {}) {
        return model_.handle(in_virginia(), request, at(when));
    }
    io::KeyMetadata describe(const io::AccountRegion& place, std::chrono::nanoseconds when) {
        const io::DescribeKeyRequest request{std::string(kKeyIdText)};
        return result_of(model_.handle(place, request, at(when))).key_metadata;
    }

    KmsModel model_{KmsModelSettings{}};
};

}  // namespace keyferry::simulator::example
