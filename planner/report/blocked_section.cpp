// SPDX-License-Identifier: Apache-2.0
#include "planner/report/blocked_section.hpp"

#include "planner/summary/blocked_keys.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace keyferry::planner {

ReportSection blocked_section(const ReviewedPlan& reviewed, std::size_t rows_max) {
    const BlockedKeys blocked = blocked_keys(reviewed, rows_max);
    ReportSection section{
        "blocked",
        fmt::format("Blocked or unusable ({})", counted(blocked.replicas, "replica")),
        {}};
    if (blocked.first.empty()) {
        return section;
    }
    ReportTable table{"Replicas by key and reason",
                      {{"key"}, {"account"}, {"primary"}, {"reason"}, {"replicas in"}},
                      {},
                      blocked.omitted,
                      "--list-jobs"};
    for (const BlockedKey& each : blocked.first) {
        const io::KeyArn& primary = reviewed.plan.keys[each.key].primary;
        std::string regions;
        for (const std::uint32_t region : each.regions) {
            regions.append(regions.empty() ? "" : ", ")
                .append(reviewed.plan.regions[region].name());
        }
        table.rows.push_back({primary.key_id.text(),
                              primary.account.digits(),
                              primary.region.name(),
                              std::string(name_of(each.reason)),
                              std::move(regions)});
    }
    section.blocks.emplace_back(std::move(table));
    return section;
}

}  // namespace keyferry::planner
