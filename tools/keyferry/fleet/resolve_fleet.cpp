#include "tools/keyferry/fleet/resolve_fleet.hpp"

#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/key_search_session.hpp"

#include <utility>

namespace keyferry {

std::optional<FoundFleet> find_fleet(UnsearchedFleet fleet,
                                     KmsAccess& kms,
                                     boost::asio::io_context& io,
                                     Clock& clock,
                                     ProgressStyle style,
                                     int& exit_code) {
    kms.fill(fleet.spec);
    SearchEnd end = search_keys(fleet.spec, kms, io, clock, style);
    if (!end.found) {
        exit_code = end.exit_code;
        return std::nullopt;
    }
    FleetLoad load = plan_found_keys(std::move(fleet), end.found->keys);
    print_problems(load);
    if (!load.plan) {
        exit_code = exit_usage;
        return std::nullopt;
    }
    load.plan->keys_unseen = end.found->unseen.denied + end.found->unseen.unanswered;
    return FoundFleet{*std::move(load.plan),
                      std::move(end.found->keys),
                      std::move(end.found->calls_by_quota),
                      std::move(end.found->unseen)};
}

}  // namespace keyferry
