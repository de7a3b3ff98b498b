// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/ledger_timeline.hpp"

#include <cassert>
#include <chrono>

namespace keyferry::simulator {

std::vector<LedgerSecond> timeline(const Ledger& ledger,
                                   io::KmsApi api,
                                   std::string_view region,
                                   io::Moment start) {
    std::vector<LedgerSecond> seconds;
    const bool replicates = api == io::KmsApi::replicate_key;
    for (const LedgerEntry& entry : ledger.entries()) {
        const std::string& where = replicates ? entry.replica_region : entry.region;
        if (entry.operation != name_of(api) || where != region) {
            continue;
        }
        assert(entry.time >= start);
        const auto second = static_cast<std::size_t>(
            std::chrono::floor<std::chrono::seconds>(entry.time - start).count());
        if (second >= seconds.size()) {
            seconds.resize(second + 1);
        }
        ++seconds[second].requests;
        seconds[second].throttled += entry.code == "ThrottlingException" ? 1 : 0;
        seconds[second].effects += creates_key(entry.effect.kind) ? 1 : 0;
    }
    return seconds;
}

}  // namespace keyferry::simulator
