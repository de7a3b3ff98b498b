// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/residency_check.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/text/glob.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace keyferry::planner {

namespace {

bool is_pattern(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-*?") == std::string::npos;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        all += (all.empty() ? "" : ", ") + text;
    }
    return all;
}

}  // namespace

std::vector<std::string> read_allowed_regions(TableReader& fleet, DiagnosticList& problems) {
    std::vector<std::string> allowed;
    const std::size_t errors_before = problems.error_count();
    for (const Located<std::string>& pattern : fleet.strings("allowed_regions")) {
        if (is_pattern(pattern.value)) {
            allowed.push_back(pattern.value);
        } else {
            problems.error(pattern.where,
                           fmt::format("{} is neither a Region nor a Region pattern: write "
                                       "\"eu-west-1\" or \"eu-*\"",
                                       io::in_quotes(pattern.value)));
        }
    }
    const SpecNode* written = fleet.find("allowed_regions");
    if (allowed.empty() && written != nullptr && problems.error_count() == errors_before) {
        problems.error(written->where,
                       "allowed_regions is empty and would allow no replicas: remove it or list "
                       "Regions");
    }
    return allowed;
}

void check_residency(const std::vector<ReplicaRegion>& replicas,
                     const std::set<io::Region>& primaries,
                     const std::vector<std::string>& allowed,
                     DiagnosticList& problems) {
    if (allowed.empty()) {
        return;
    }
    for (const ReplicaRegion& replica : replicas) {
        const bool is_skipped =
            !replica.set.empty() && primaries.size() == 1 && primaries.contains(replica.region);
        if (!matches_any_glob(replica.region.name(), allowed) && !is_skipped) {
            problems.error(replica.where,
                           fmt::format("{}{} is not in allowed_regions of [fleet] ({})",
                                       replica.set.empty() ? "" : fmt::format("@{}: ", replica.set),
                                       replica.region.name(),
                                       joined(allowed)));
        }
    }
}

}  // namespace keyferry::planner
