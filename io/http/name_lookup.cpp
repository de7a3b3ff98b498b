// SPDX-License-Identifier: Apache-2.0
#include "io/http/name_lookup.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

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

/// State shared by the threads. Each thread owns a share of it, because threads may outlive the
/// NameLookup.
struct NameLookup::Threads {
    Threads(Resolve resolve_, NameLookup& owner_) : resolve(std::move(resolve_)), owner(&owner_) {}

    /// Assigns `origin` to a thread. Returns an error if there is no thread and none can be
    /// started.
    static std::error_code add(const std::shared_ptr<Threads>& threads, Origin origin);
    void work();

    const Resolve resolve;
    std::mutex mutex;   ///< protects the members below
    NameLookup* owner;  ///< null after the NameLookup has been destroyed
    std::deque<Origin> queue;
    std::size_t running = 0;
};

std::error_code NameLookup::Threads::add(const std::shared_ptr<Threads>& threads, Origin origin) {
    const std::lock_guard lock(threads->mutex);
    if (threads->running < kThreads) {
        try {
            std::thread([threads] { threads->work(); }).detach();
            ++threads->running;
        } catch (const std::system_error& error) {
            if (threads->running == 0) {
                return error.code();
            }
        }
    }
    threads->queue.push_back(std::move(origin));
    return {};
}

/// Resolves names until no more are queued.
void NameLookup::Threads::work() {
    std::unique_lock lock(mutex);
    while (owner != nullptr && !queue.empty()) {
        const Origin origin = std::move(queue.front());
        queue.pop_front();
        lock.unlock();
        boost::system::error_code error;
        Addresses addresses;
        try {
            addresses = resolve(origin.first, origin.second, error);
        } catch (const std::exception&) {  // for example, out of memory
            error = boost::asio::error::host_not_found_try_again;
        }
        lock.lock();
        if (owner != nullptr) {
            owner->post_result(origin, error, std::move(addresses));
        }
    }
    --running;
}

NameLookup::NameLookup(boost::asio::io_context& io, Clock& clock)
    : NameLookup(io, clock, resolve_by_system) {}

NameLookup::NameLookup(boost::asio::io_context& io, Clock& clock, Resolve resolve)
    : io_(io), clock_(clock), threads_(std::make_shared<Threads>(std::move(resolve), *this)) {}

NameLookup::~NameLookup() {
    const std::lock_guard lock(threads_->mutex);
    threads_->owner = nullptr;
}

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
    const Origin origin(host, port);
    std::shared_ptr<Lookup>& last = lookups_[origin];
    const bool usable = last && (!last->done || (!last->error && !last->addresses.empty() &&
                                                 clock_.now() - last->done_at <= kResultLifetime));
    if (usable) {
        return last;
    }
    last = std::make_shared<Lookup>();
    if (const std::error_code error = Threads::add(threads_, origin)) {
        last->error = boost::system::error_code(error.value(), boost::system::system_category());
        last->done = true;
        last->done_at = clock_.now();
        return last;
    }
    if (unfinished_++ == 0) {
        work_.emplace(io_.get_executor());
    }
    return last;
}

/// Called by a thread that holds Threads::mutex, which ensures that this object still exists.
void NameLookup::post_result(const Origin& origin,
                             const boost::system::error_code& error,
                             Addresses addresses) {
    boost::asio::post(io_,
                      [this,
                       alive = std::weak_ptr(alive_),
                       origin,
                       error,
                       addresses = std::move(addresses)]() mutable {
                          if (!alive.expired()) {
                              finish(origin, error, std::move(addresses));
                          }
                      });
}

void NameLookup::finish(const Origin& origin,
                        const boost::system::error_code& error,
                        Addresses addresses) {
    Lookup& lookup = *lookups_.at(origin);  // the entry is not replaced before the lookup has
                                            // finished
    lookup.error = error;
    lookup.addresses = std::move(addresses);
    lookup.done = true;
    lookup.done_at = clock_.now();
    const auto known = is_v6_.find(origin.first);
    if (known != is_v6_.end()) {
        put_family_first(lookup.addresses, known->second);
    }
    while (!lookup.waiting.empty()) {
        lookup.waiting.front().wake();
    }
    if (--unfinished_ == 0) {
        work_.reset();
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
