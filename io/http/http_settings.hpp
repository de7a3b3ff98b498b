// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/proxy_settings.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace keyferry::io {

/// Limits of an HttpClient. The defaults are chosen for KMS's Regional endpoints.
struct HttpSettings {
    /// Timeout for the name lookup and TCP connection together.
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds handshake_timeout{5'000};
    /// Timeout for the entire exchange, from waiting for a connection to the last byte of the
    /// response.
    std::chrono::milliseconds request_timeout{30'000};
    /// Interval at which deadlines are checked. An exchange may exceed its timeout by up to one
    /// interval, but never times out early.
    std::chrono::milliseconds deadline_tick{100};

    /// Maximum number of open connections per origin; further exchanges wait.
    std::size_t connections_max = 512;
    /// A connection that has been idle for longer than this is closed instead of reused. KMS closes
    /// idle connections after some time, and the outcome of a request sent at that moment would be
    /// unknown.
    std::chrono::milliseconds idle_max{20'000};
    /// A connection older than this is not reused. Because new connections resolve the host name
    /// again, even a busy client then detects when a service moves to other addresses.
    std::chrono::milliseconds age_max{300'000};

    std::size_t response_head_bytes_max = std::size_t{16} * 1024;
    std::size_t response_body_bytes_max = std::size_t{1024} * 1024;

    /// PEM file with trusted certificates. If it is empty, the system's certificates are used.
    std::string ca_file;

    ProxySettings proxies;
};

}  // namespace keyferry::io
