// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/primary_regions.hpp"

#include "planner/spec/region_list.hpp"
#include "planner/text/glob.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace keyferry::planner {

OptionalSetting<std::vector<io::Region>> read_primaries(TableReader& table,
                                                        DiagnosticList& problems) {
    OptionalSetting<std::vector<io::Region>> primaries;
    const SpecNode* node = table.find("primary");
    if (node == nullptr) {
        return primaries;
    }
    primaries.written = true;
    const std::size_t errors_before = problems.error_count();
    std::vector<io::Region> regions;
    for (const Located<std::string>& text : table.string_or_strings("primary")) {
        std::optional<io::Region> region = read_region(text, problems);
        if (!region) {
            continue;
        }
        if (std::find(regions.begin(), regions.end(), *region) != regions.end()) {
            problems.error(text.where, fmt::format("Region {} is listed twice", region->name()));
        } else if (!regions.empty() && !(regions.front().partition() == region->partition())) {
            problems.error(text.where,
                           fmt::format("{} and {} are in different partitions; KMS replicates only "
                                       "within one partition",
                                       regions.front().name(),
                                       region->name()));
        }
        regions.push_back(*std::move(region));
    }
    if (regions.empty() && problems.error_count() == errors_before) {
        problems.error(node->where, fmt::format("primary of {} is empty", table.name()));
    }
    if (problems.error_count() == errors_before) {
        primaries.value = std::move(regions);
    }
    return primaries;
}

void check_primaries_residency(const std::vector<io::Region>& primaries,
                               const std::vector<std::string>& allowed,
                               const TableReader& group,
                               DiagnosticList& problems) {
    for (const io::Region& region : primaries) {
        if (primaries.size() > 1 && !allowed.empty() && !matches_any_glob(region.name(), allowed)) {
            problems.error(group.where(),
                           fmt::format("{} may have primaries and therefore replicas in {}, which "
                                       "is not in allowed_regions of [fleet]",
                                       group.name(),
                                       region.name()));
        }
    }
}

}  // namespace keyferry::planner
