// SPDX-License-Identifier: Apache-2.0
#include "io/http/name_lookup.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace keyferry::io {

using boost::asio::ip::tcp;

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
    last = std::make_shared<Lookup>();
    auto keep = [host, families = is_v6_, lookup = last, &clock = clock_](
                    boost::system::error_code error, tcp::resolver::results_type results) {
        lookup->done = true;
        lookup->error = error;
        if (error == boost::asio::error::operation_aborted) {
            return;  // the NameLookup is destroyed, and possibly the clock
        }
        lookup->done_at = clock.now();
        for (const auto& result : results) {
            lookup->addresses.push_back(result.endpoint());
        }
        const auto known = families->find(host);
        if (known != families->end()) {
            put_family_first(lookup->addresses, known->second);
        }
        while (!lookup->waiting.empty()) {
            lookup->waiting.front().wake();
        }
    };
    resolver_.async_resolve(
        host, std::to_string(port), tcp::resolver::numeric_service, std::move(keep));
    return last;
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
