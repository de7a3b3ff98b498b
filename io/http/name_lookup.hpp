// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/http/wakeup.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::io {

/// Resolves host names with the system's resolver. Concurrent lookups of the same host share a
/// query, so a pool that opens a hundred connections resolves the name only once.
///
/// Because the system's resolver cannot be interrupted, callers do not wait for it directly. They
/// wait in the queue Lookup::waiting until the result arrives or their deadline expires.
///
/// Names are resolved by up to kThreads threads, so that a few hosts whose name servers do not
/// respond do not delay other hosts. (Boost.Asio's own resolver has only one thread.) The
/// destructor does not wait for lookups, so that a command ends immediately when it is stopped. The
/// threads are detached and share ownership of the data that they need; each ends after its lookup
/// or with the process.
class NameLookup {
  public:
    /// How long a result is used for new connections. Short, because the resolver does not report
    /// the time to live.
    static constexpr std::chrono::seconds kResultLifetime{5};
    /// The maximum number of threads. A fleet has one host per Region, and lookups rarely hang for
    /// more than a few hosts at the same time.
    static constexpr std::size_t kThreads = 8;

    using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;
    /// Resolves a host name. Called on a separate thread, possibly after the NameLookup has been
    /// destroyed.
    using Resolve = std::function<Addresses(
        const std::string& host, std::uint16_t port, boost::system::error_code& error)>;

    struct Lookup {
        bool done = false;
        boost::system::error_code error;
        Addresses addresses;  ///< in the order in which to try them
        Moment done_at{};
        WakeupQueue waiting;  ///< the coroutines that are waiting for the result
    };

    /// Both arguments must outlive this object.
    NameLookup(boost::asio::io_context& io, Clock& clock);
    /// For tests: uses another resolver.
    NameLookup(boost::asio::io_context& io, Clock& clock, Resolve resolve);
    NameLookup(const NameLookup&) = delete;
    NameLookup& operator=(const NameLookup&) = delete;
    ~NameLookup();

    /// Returns a lookup of `host`, either finished or in progress. If `host` is an IP address, the
    /// lookup is already finished. If no thread can be started, the lookup has already failed with
    /// that error.
    std::shared_ptr<Lookup> look_up(const std::string& host, std::uint16_t port);

    /// Reports a successful connection to `host` at `address`. Later lookups return addresses of
    /// the same family (IPv6 or IPv4) first, and otherwise keep the resolver's order. As a result,
    /// if one family is unreachable, only the first connections wait for a timeout.
    void connected(const std::string& host, const boost::asio::ip::address& address) {
        is_v6_[host] = address.is_v6();
    }

  private:
    using Families = std::map<std::string, bool>;  ///< true for IPv6
    using Origin = std::pair<std::string, std::uint16_t>;
    struct Threads;

    void post_result(const Origin& origin,
                     const boost::system::error_code& error,
                     Addresses addresses);
    void finish(const Origin& origin, const boost::system::error_code& error, Addresses addresses);

    boost::asio::io_context& io_;
    Clock& clock_;
    std::map<Origin, std::shared_ptr<Lookup>> lookups_;
    Families is_v6_;  ///< the address family of the last connection, by host
    std::size_t unfinished_ = 0;
    /// Keeps the io_context from running out of work until all results have arrived.
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    /// Expires with this object, because results that arrive later must be ignored.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
    std::shared_ptr<Threads> threads_;
};

/// Whether a lookup failed because the host name does not exist, so that retrying is useless until
/// the name is corrected. False if the name servers failed or did not respond.
[[nodiscard]] bool is_unknown_host(const boost::system::error_code& error) noexcept;

/// Moves the addresses of one family to the front, keeping the order within each family.
void put_family_first(std::vector<boost::asio::ip::tcp::endpoint>& addresses, bool is_v6);

}  // namespace keyferry::io
