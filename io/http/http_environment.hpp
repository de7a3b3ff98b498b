// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/http/deadline_scan.hpp"
#include "io/http/http_settings.hpp"
#include "io/http/name_lookup.hpp"
#include "io/http/tls_session.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <utility>

namespace keyferry::io {

/// State shared by all connections of an HttpClient. Every exchange in flight holds a shared_ptr to
/// it, because an io_context may destroy pending coroutines after the client has been destroyed.
struct HttpEnvironment {
    HttpEnvironment(boost::asio::io_context& io_, Clock& clock_, HttpSettings settings_)
        : io(io_),
          clock(clock_),
          settings(std::move(settings_)),
          scan(clock_, settings.deadline_tick),
          names(io_, clock_) {
        if (!settings.ca_file.empty()) {
            tls_.emplace(settings.ca_file);  // report an invalid file immediately
        }
    }

    /// Created on first use, because reading the system's certificates takes many milliseconds.
    const TlsContext& tls() {
        if (!tls_) {
            tls_.emplace(settings.ca_file);
        }
        return *tls_;
    }

    boost::asio::io_context& io;
    Clock& clock;
    const HttpSettings settings;
    DeadlineScan scan;
    NameLookup names;

  private:
    std::optional<TlsContext> tls_;
};

}  // namespace keyferry::io
