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

namespace keyferry {

/// Turns host names into addresses, with the system's resolver. All who ask for the same host at
/// about the same time share one lookup: a pool that opens a hundred connections asks once.
///
/// The system's resolver cannot be interrupted. So nobody waits for it itself: those who wait stand
/// in `waiting`, and leave it when their own deadline passes.
class NameLookup {
  public:
    /// How long an answer is used for new connections. Short, since the resolver does not tell how
    /// long the answer is good for.
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

  private:
    boost::asio::ip::tcp::resolver resolver_;
    Clock& clock_;
    std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<Lookup>> lookups_;
};

}  // namespace keyferry
