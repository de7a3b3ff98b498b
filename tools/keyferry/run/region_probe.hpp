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

/// What a Region's KMS makes of somebody who asks.
enum class ProbeResult : std::uint8_t {
    answers,  ///< it knows the caller, whatever it lets the caller do
    refuses,  ///< the credentials or the signature; so does a Region that is not enabled
    silent,   ///< no answer, or none of KMS's
};

/// "answers", "refuses", "silent"
[[nodiscard]] std::string_view name_of(ProbeResult result) noexcept;

/// How one Region has answered.
struct RegionProbe {
    RegionProbe(io::AccountRegion place_, ProbeResult standing_, std::string message_)
        : place(std::move(place_)), result(standing_), message(std::move(message_)) {}

    io::AccountRegion place;
    ProbeResult result;
    std::string message;  ///< KMS's or the transport's, printable; empty for `answers`
    /// How far KMS's clock is ahead of this machine's, where the answer had a date.
    std::optional<std::chrono::milliseconds> kms_ahead;
};

/// Asks the KMS of every place of `plan`, primaries' and replicas', for one key that is or will be
/// there: all at once, each twice at most. Sorted by place. Runs `io`, which can be run again
/// afterwards.
[[nodiscard]] std::vector<RegionProbe> probe_regions(const planner::Plan& plan,
                                                     io::KmsClient& client,
                                                     boost::asio::io_context& io,
                                                     io::Clock& clock);

}  // namespace keyferry::cli
