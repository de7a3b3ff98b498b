// SPDX-License-Identifier: Apache-2.0
#include "io/http/name_lookup.hpp"

#include "io/clock/virtual_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::io {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;

std::string in_order(std::vector<tcp::endpoint> addresses, bool is_v6) {
    put_family_first(addresses, is_v6);
    std::string order;
    for (const tcp::endpoint& address : addresses) {
        order += address.address().to_string() + " ";
    }
    return order;
}

TEST(NameLookupOrder, working_family_comes_first_in_resolver_order) {
    const std::vector<tcp::endpoint> addresses{{make_address("fd00::1"), 443},
                                               {make_address("10.0.0.2"), 443},
                                               {make_address("fd00::3"), 443},
                                               {make_address("10.0.0.4"), 443}};
    EXPECT_EQ(in_order(addresses, false), "10.0.0.2 10.0.0.4 fd00::1 fd00::3 ");
    EXPECT_EQ(in_order(addresses, true), "fd00::1 fd00::3 10.0.0.2 10.0.0.4 ");
}

TEST(NameLookupTest, only_a_definite_response_makes_a_host_unknown) {
    EXPECT_TRUE(is_unknown_host(boost::asio::error::host_not_found));
    EXPECT_FALSE(is_unknown_host(boost::asio::error::host_not_found_try_again));
    EXPECT_FALSE(is_unknown_host(boost::asio::error::no_recovery));
    EXPECT_FALSE(is_unknown_host(boost::asio::error::timed_out));
    EXPECT_FALSE(is_unknown_host(boost::system::error_code()));
}

TEST(NameLookupTest, address_needs_no_lookup) {
    boost::asio::io_context io{1};
    VirtualClock clock(io);
    NameLookup names(io, clock);
    const auto lookup = names.look_up("::1", 443);
    EXPECT_TRUE(lookup->done);
    ASSERT_EQ(lookup->addresses.size(), 1U);
    EXPECT_EQ(lookup->addresses[0], tcp::endpoint(make_address("::1"), 443));
}

TEST(NameLookupTest, shares_recent_lookup) {
    boost::asio::io_context io{1};
    VirtualClock clock(io);
    NameLookup names(io, clock);
    const auto first = names.look_up("localhost", 443);
    EXPECT_EQ(names.look_up("localhost", 443), first);
    io.run_for(std::chrono::seconds(10));  // ends when the resolver responds
    ASSERT_TRUE(first->done);
    ASSERT_FALSE(first->error);
    clock.advance(NameLookup::kResultLifetime);
    EXPECT_EQ(names.look_up("localhost", 443), first);
    clock.advance(std::chrono::milliseconds(1));
    EXPECT_NE(names.look_up("localhost", 443), first);
}

TEST(NameLookupTest, a_lookup_without_a_response_does_not_delay_other_hosts) {
    boost::asio::io_context io{1};
    VirtualClock clock(io);
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    NameLookup names(
        io,
        clock,
        [released](const std::string& host, std::uint16_t port, boost::system::error_code&) {
            if (host != "kms.us-east-1.amazonaws.com") {
                released.wait();
            }
            return NameLookup::Addresses{{make_address("10.0.0.1"), port}};
        });
    // Required even if an expectation fails, since a thread must not outlive the test.
    const auto release_at_end = [](std::promise<void>* promise) {
        promise->set_value();
    };
    std::unique_ptr<std::promise<void>, decltype(release_at_end)> guard(&release, release_at_end);
    std::vector<std::shared_ptr<NameLookup::Lookup>> slow;
    for (std::size_t host = 1; host < NameLookup::kThreads; ++host) {
        slow.push_back(names.look_up("slow-" + std::to_string(host), 443));
    }
    const auto fast = names.look_up("kms.us-east-1.amazonaws.com", 443);
    io.run_one_for(std::chrono::seconds(10));
    ASSERT_TRUE(fast->done);
    EXPECT_FALSE(slow.front()->done);
    guard.reset();
    io.run();
    EXPECT_TRUE(slow.back()->done);
}

TEST(NameLookupTest, an_exception_of_the_resolver_is_a_transient_failure) {
    boost::asio::io_context io{1};
    VirtualClock clock(io);
    NameLookup names(
        io,
        clock,
        [](const std::string&, std::uint16_t, boost::system::error_code&) -> NameLookup::Addresses {
            throw std::bad_alloc();
        });
    const auto lookup = names.look_up("kms.us-east-1.amazonaws.com", 443);
    io.run_for(std::chrono::seconds(10));
    ASSERT_TRUE(lookup->done);
    EXPECT_TRUE(lookup->error);
    EXPECT_FALSE(is_unknown_host(lookup->error));
}

TEST(NameLookupTest, destructor_does_not_wait_for_resolvers) {
    auto io = std::make_unique<boost::asio::io_context>(1);
    auto clock = std::make_unique<VirtualClock>(*io);
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::promise<void> started;
    // The resolver is destroyed together with the state that the threads share, after the last
    // thread.
    const auto ended = std::make_shared<std::promise<void>>();
    std::shared_ptr<const char> held(new char('a'), [ended](const char* a) {
        delete a;
        ended->set_value();
    });
    auto names = std::make_unique<NameLookup>(
        *io,
        *clock,
        [released, &started, held = std::move(held)](
            const std::string&, std::uint16_t port, boost::system::error_code&) {
            started.set_value();
            released.wait();
            return NameLookup::Addresses{{make_address("10.0.0.1"), port}};
        });
    std::future<void> all_ended = ended->get_future();
    const auto lookup = names->look_up("hangs", 443);
    started.get_future().wait();
    names.reset();
    io->run();  // returns, because a lookup without waiting callers does not count as work
    EXPECT_FALSE(lookup->done);
    clock.reset();
    io.reset();
    release.set_value();
    all_ended.wait();
}

}  // namespace
}  // namespace keyferry::io
