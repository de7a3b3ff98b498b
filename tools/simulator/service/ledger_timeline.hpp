// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/service/ledger.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// What one second of one Region saw of one operation.
struct LedgerSecond {
    std::uint32_t requests = 0;
    std::uint32_t throttled = 0;  ///< of these, by a quota, a hot key or a fault
    std::uint32_t effects = 0;    ///< of these, replicas or keys made

    friend bool operator==(const LedgerSecond&, const LedgerSecond&) = default;
};

/// The entries that `ledger` keeps of `api`, by second since `start`, which none of them is before.
/// `region` is where the key is: the replica's Region for ReplicateKey, else the endpoint's. Ends
/// with the last second that had a request. Keep enough entries: Ledger's entries_max.
[[nodiscard]] std::vector<LedgerSecond> timeline(const Ledger& ledger,
                                                 io::KmsApi api,
                                                 std::string_view region,
                                                 io::Moment start);

}  // namespace keyferry::simulator
