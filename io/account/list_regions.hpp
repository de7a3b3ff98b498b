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

/// Whether an account has a Region.
enum class RegionOptIn : std::uint8_t {
    enabled,   ///< also those that every account has
    enabling,  ///< takes minutes, at times hours
    disabling,
    disabled,
};

/// By Region code. A Region that is not in it is one that nobody knows anything of.
using RegionOptIns = std::map<std::string, RegionOptIn, std::less<>>;

/// Asks Account Management for the Regions of the caller's account (account:ListRegions), page by
/// page. `target` is a connection to `endpoint`; the request is signed for `region`, where that
/// endpoint stands, and `signed_at`. Nothing where the caller may not know, where there is no
/// answer and where it makes no sense: to a report, all that is the same.
[[nodiscard]] boost::asio::awaitable<std::optional<RegionOptIns>> list_regions(
    HttpTarget target,
    Endpoint endpoint,
    std::shared_ptr<const Credentials> credentials,
    Region region,
    std::chrono::sys_seconds signed_at);

}  // namespace keyferry::io
