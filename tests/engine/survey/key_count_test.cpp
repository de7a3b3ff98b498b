// SPDX-License-Identifier: Apache-2.0
// Counting the keys of accounts in the Regions of replicas.
#include "engine/survey/key_count.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>

namespace keyferry::engine {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

io::AccountRegion place_of(std::string_view region) {
    return io::AccountRegion(io::AccountId::parse("111122223333").value(),
                             io::Region::parse(region).value());
}

/// Responds to ListKeys with scripted pages.
class KeyListing final : public PassingClient {
  public:
    using CallFeedback = std::function<io::ListKeysResult(const io::ListKeysRequest&)>;
    KeyListing(io::KmsClient& client, CallFeedback answer)
        : PassingClient(client), answer_(std::move(answer)) {}

    boost::asio::awaitable<io::CallOutcome<io::ListKeysResult>> list_keys(
        io::AccountRegion /*place*/, io::ListKeysRequest request) override {
        io::CallSuccess<io::ListKeysResult> success(answer_(request));
        co_return io::CallOutcome<io::ListKeysResult>(std::move(success));
    }

  private:
    CallFeedback answer_;
};

struct Counted {
    std::map<io::AccountRegion, std::uint64_t> keys;
    std::string failure;
    std::uint64_t calls = 0;
};

Counted count(simulator::SimulatedKms& kms,
              const std::vector<io::AccountRegion>& places,
              const KeyListing::CallFeedback& answer = nullptr) {
    boost::asio::io_context io{1};
    io::VirtualClock clock(io);
    simulator::SimulatorKmsClient simulator(kms, clock, simulator::SimulatorClientSettings{});
    KeyListing listing(simulator, answer);
    const planner::RunSettings settings;
    io::KmsClient& client = answer ? static_cast<io::KmsClient&>(listing) : simulator;
    RepeatableCalls calls(settings, client, clock, io.get_executor(), 1);
    KeyCount counting(calls);
    counting.ask(places);
    boost::asio::co_spawn(io, calls.run(), [&](std::exception_ptr error) {
        EXPECT_FALSE(error);
        io.stop();
    });
    clock.run(io);
    return Counted{counting.keys(), counting.failure(), calls.calls()};
}

TEST(KeyCount, counts_all_keys_with_1000_per_page) {
    const planner::Plan plan = fleet_plan(2500, {"eu-west-1"}, "");
    simulator::SimulatedKms kms(quiet());
    for (const planner::PlannedKey& key : plan.keys) {
        ASSERT_TRUE(kms.model().add_primary_key(key.primary, simulator::SeededKey()));
    }
    const Counted counted = count(kms, {place_of("us-east-1"), place_of("eu-west-1")});
    EXPECT_EQ(counted.keys.at(place_of("us-east-1")), 2500U);
    EXPECT_EQ(counted.keys.at(place_of("eu-west-1")), 0U);
    EXPECT_EQ(counted.calls, 4U);
    EXPECT_THAT(counted.failure, IsEmpty());
}

TEST(KeyCount, leaves_out_unreadable_lists_and_says_why) {
    simulator::SimulatedKms kms(with_faults("eu-west-1/ListKeys.denied=1"));
    const Counted counted = count(kms, {place_of("us-east-1"), place_of("eu-west-1")});
    EXPECT_EQ(counted.keys.size(), 1U);
    EXPECT_THAT(counted.failure,
                HasSubstr("ListKeys in eu-west-1 of account 111122223333: Access"));
}

TEST(KeyCount, rejects_an_endless_list) {
    simulator::SimulatedKms kms(quiet());
    const Counted counted =
        count(kms, {place_of("us-east-1")}, [](const io::ListKeysRequest& request) {
            io::ListKeysResult page;
            page.truncated = true;
            page.next_marker = request.marker.value_or("again");
            return page;
        });
    EXPECT_TRUE(counted.keys.empty());
    EXPECT_EQ(counted.calls, 2U);
    EXPECT_THAT(counted.failure, HasSubstr("the list of keys is endless"));
}

}  // namespace
}  // namespace keyferry::engine
