// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/http/wakeup.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::io {

/// Turns host names into addresses, with the system's resolver. All who ask for the same host at
/// about the same time share one lookup: a pool that opens a hundred connections asks once.
///
/// The system's resolver cannot be interrupted. So nobody waits for it itself: those who wait stand
/// in `waiting`, and leave it when their own deadline passes.
class NameLookup {
  public:
    /// How long a response is used for new connections. Short, since the resolver does not tell how
    /// long the response is good for.
    static constexpr std::chrono::seconds kFresh{5};

    struct Lookup {
        bool done = false;
        boost::system::error_code error;
        std::vector<boost::asio::ip::tcp::endpoint> addresses;  ///< in the order to be tried
        Moment done_at{};
        WakeupQueue waiting;  ///< woken when done
    };

    NameLookup(boost::asio::io_context& io, Clock& clock) : resolver_(io), clock_(clock) {}

    /// A lookup of `host`, done or under way. A host that is an address is always done.
    std::shared_ptr<Lookup> look_up(const std::string& host, std::uint16_t port);

    /// Who has connected to `address` of `host` says so: lookups from now on have addresses of that
    /// family (IPv6 or IPv4) first, otherwise in the resolver's order. Where one family leads
    /// nowhere, only the first connections find out by waiting.
    void connected(const std::string& host, const boost::asio::ip::address& address) {
        (*is_six_)[host] = address.is_v6();
    }

  private:
    using Families = std::map<std::string, bool>;  ///< true for IPv6

    boost::asio::ip::tcp::resolver resolver_;
    Clock& clock_;
    std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<Lookup>> lookups_;
    /// The family of the last connection, by host. Shared with lookups under way.
    std::shared_ptr<Families> is_six_ = std::make_shared<Families>();
};

/// The addresses of one family first, each family in the order in which it was.
void put_family_first(std::vector<boost::asio::ip::tcp::endpoint>& addresses, bool is_six);

}  // namespace keyferry::io
