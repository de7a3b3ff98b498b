// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "io/names/account_region.hpp"
#include "planner/plan/plan.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// How a Region's KMS responds to the caller.
enum class ProbeResult : std::uint8_t {
    responds,     ///< accepts the credentials, with or without permissions
    rejects,      ///< rejects the credentials or the signature, for example because the Region is
                  ///< disabled
    no_response,  ///< no response, or a response that is not from KMS
};

/// Returns "responds", "rejects" or "no response".
[[nodiscard]] std::string_view name_of(ProbeResult result) noexcept;

/// Result of probing one Region.
struct RegionProbe {
    RegionProbe(io::AccountRegion place_, ProbeResult result_, std::string message_)
        : place(std::move(place_)), result(result_), message(std::move(message_)) {}

    io::AccountRegion place;
    ProbeResult result;
    std::string message;  ///< KMS's or the transport's error, printable; empty for `responds`
    /// How far KMS's clock is ahead of this machine's, if the response had a date.
    std::optional<std::chrono::milliseconds> kms_ahead;
};

/// Sends a DescribeKey call for one key to KMS in every account and Region of `plan`, for primaries
/// and replicas, all concurrently, with at most one retry each. The results are sorted by account
/// and Region. Runs `io`, which can be run again afterwards.
[[nodiscard]] std::vector<RegionProbe> probe_regions(const planner::Plan& plan,
                                                     io::KmsClient& client,
                                                     boost::asio::io_context& io,
                                                     io::Clock& clock);

}  // namespace keyferry::cli
