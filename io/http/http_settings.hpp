// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/proxy_settings.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace keyferry::io {

/// The limits of an HttpClient. The defaults are meant for KMS's Regional endpoints.
struct HttpSettings {
    /// Name lookup and connecting together.
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds handshake_timeout{5'000};
    /// The whole of one exchange, from the wait for a connection to the last byte of the response.
    std::chrono::milliseconds request_timeout{30'000};
    /// Deadlines are looked at this often, so an exchange may last this much longer than its
    /// timeout, never less.
    std::chrono::milliseconds deadline_tick{100};

    /// Open connections per origin; exchanges beyond it wait for one.
    std::size_t connections_max = 512;
    /// A connection that nobody used for so long is closed rather than used again. KMS closes idle
    /// connections after some time, and a request that meets the closing has an unknown outcome.
    std::chrono::milliseconds idle_max{20'000};
    /// A connection that has been open for so long serves no further exchange. New ones look the
    /// host's name up again, so a busy client follows when a service moves to other addresses.
    std::chrono::milliseconds age_max{300'000};

    std::size_t response_head_bytes_max = std::size_t{16} * 1024;
    std::size_t response_body_bytes_max = std::size_t{1024} * 1024;

    /// Certificates to trust, in a PEM file; the system's when empty.
    std::string ca_file;

    ProxySettings proxies;
};

}  // namespace keyferry::io
