// SPDX-License-Identifier: Apache-2.0
#include "io/http/name_lookup.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>

namespace keyferry::io {

using boost::asio::ip::tcp;

namespace {

NameLookup::Addresses resolve_by_system(const std::string& host,
                                        std::uint16_t port,
                                        boost::system::error_code& error) {
    boost::asio::io_context unused;
    tcp::resolver resolver(unused);
    NameLookup::Addresses addresses;
    for (const auto& result :
         resolver.resolve(host, std::to_string(port), tcp::resolver::numeric_service, error)) {
        addresses.push_back(result.endpoint());
    }
    return addresses;
}

}  // namespace

NameLookup::NameLookup(boost::asio::io_context& io, Clock& clock)
    : NameLookup(io, clock, resolve_by_system) {}

NameLookup::NameLookup(boost::asio::io_context& io, Clock& clock, Resolve resolve)
    : io_(io), clock_(clock), resolve_(std::move(resolve)) {}

std::shared_ptr<NameLookup::Lookup> NameLookup::look_up(const std::string& host,
                                                        std::uint16_t port) {
    boost::system::error_code not_an_address;
    const boost::asio::ip::address address = boost::asio::ip::make_address(host, not_an_address);
    if (!not_an_address) {
        auto known = std::make_shared<Lookup>();
        known->done = true;
        known->addresses.emplace_back(address, port);
        return known;
    }
    std::shared_ptr<Lookup>& last = lookups_[std::pair(host, port)];
    const bool usable = last && (!last->done || (!last->error && !last->addresses.empty() &&
                                                 clock_.now() - last->done_at <= kResultLifetime));
    if (usable) {
        return last;
    }
    if (!threads_) {
        threads_.emplace(kThreads);  // if this throws, no lookup is left that never ends
    }
    last = std::make_shared<Lookup>();
    // Until the result is there, the io_context has work.
    auto executor =
        boost::asio::prefer(io_.get_executor(), boost::asio::execution::outstanding_work.tracked);
    boost::asio::post(
        *threads_,
        [this, host, port, lookup = last, alive = std::weak_ptr(alive_), executor]() mutable {
            boost::system::error_code error;
            Addresses addresses = resolve_(host, port, error);
            boost::asio::post(executor,
                              [this,
                               host = std::move(host),
                               lookup = std::move(lookup),
                               alive = std::move(alive),
                               error,
                               addresses = std::move(addresses)]() mutable {
                                  if (alive.expired()) {
                                      return;
                                  }
                                  lookup->error = error;
                                  lookup->addresses = std::move(addresses);
                                  finish(host, *lookup);
                              });
        });
    return last;
}

void NameLookup::finish(const std::string& host, Lookup& lookup) {
    lookup.done = true;
    lookup.done_at = clock_.now();
    const auto known = is_v6_.find(host);
    if (known != is_v6_.end()) {
        put_family_first(lookup.addresses, known->second);
    }
    while (!lookup.waiting.empty()) {
        lookup.waiting.front().wake();
    }
}

bool is_unknown_host(const boost::system::error_code& error) noexcept {
    return error == boost::asio::error::host_not_found;
}

void put_family_first(std::vector<tcp::endpoint>& addresses, bool is_v6) {
    std::stable_partition(addresses.begin(), addresses.end(), [&](const tcp::endpoint& address) {
        return address.address().is_v6() == is_v6;
    });
}

}  // namespace keyferry::io
