#include "tools/simulator/service/ledger_timeline.hpp"

#include <cassert>
#include <chrono>

namespace keyferry {

std::vector<LedgerSecond> timeline(const Ledger& ledger,
                                   KmsApi api,
                                   std::string_view region,
                                   Moment start) {
    std::vector<LedgerSecond> seconds;
    const bool replicates = api == KmsApi::replicate_key;
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
        seconds[second].effects += makes_a_key(entry.effect.kind) ? 1 : 0;
    }
    return seconds;
}

}  // namespace keyferry
