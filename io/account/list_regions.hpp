// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/http/http_client.hpp"
#include "io/names/region.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The opt-in status of a Region for an account.
enum class RegionOptIn : std::uint8_t {
    enabled,   ///< includes Regions that are enabled by default
    enabling,  ///< being enabled, which takes minutes or sometimes hours
    disabling,
    disabled,
};

/// Maps Region codes to their status. If a Region is missing, its status is unknown.
using RegionOptIns = std::map<std::string, RegionOptIn, std::less<>>;

/// Lists the Regions of the caller's account, page by page, using AWS Account Management
/// (account:ListRegions). `target` connects to `endpoint`. Requests are signed for `region`, the
/// endpoint's Region, at `signed_at`. Returns nullopt if the caller lacks permission, the service
/// does not respond, or the response is invalid; reports do not distinguish these cases.
[[nodiscard]] boost::asio::awaitable<std::optional<RegionOptIns>> list_regions(
    HttpTarget target,
    Endpoint endpoint,
    std::shared_ptr<const Credentials> credentials,
    Region region,
    std::chrono::sys_seconds signed_at);

}  // namespace keyferry::io
