// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/service/ledger.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// The requests for one operation in one Region during one second.
struct LedgerSecond {
    std::uint32_t requests = 0;
    std::uint32_t throttled = 0;  ///< requests throttled by a quota, a hot key or a fault
    std::uint32_t effects = 0;    ///< requests that created a key or replica

    friend bool operator==(const LedgerSecond&, const LedgerSecond&) = default;
};

/// Counts the entries in `ledger` for `api`, per second since `start`. No entry may be earlier than
/// `start`. `region` is the key's Region: the replica's Region for ReplicateKey, otherwise the
/// endpoint's. The result ends with the last second that has a request. Only entries that are still
/// in memory are counted, so Ledger's entries_max must be large enough.
[[nodiscard]] std::vector<LedgerSecond> timeline(const Ledger& ledger,
                                                 io::KmsApi api,
                                                 std::string_view region,
                                                 io::Moment start);

}  // namespace keyferry::simulator
