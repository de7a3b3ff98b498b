// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/coverage.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace keyferry::planner {

namespace {

std::vector<io::Region> regions_of(const ReviewedPlan& reviewed) {
    std::set<io::Region> regions(reviewed.plan.regions.begin(), reviewed.plan.regions.end());
    const io::Region* last = nullptr;
    for (const PlannedKey& key : reviewed.plan.keys) {
        if (last == nullptr || *last != key.primary.region) {
            last = &key.primary.region;
            regions.insert(*last);
        }
    }
    for (const ExtraReplica& extra : reviewed.review.extras) {
        if (const io::Parsed<io::Region> region = io::Region::parse(extra.region)) {
            regions.insert(*region);
        }
    }
    return {regions.begin(), regions.end()};
}

CoverageRows rows_for(const Plan& plan) {
    return plan.keys.size() <= kCoverageRowsMax     ? CoverageRows::keys
           : plan.groups.size() <= kCoverageRowsMax ? CoverageRows::groups
                                                    : CoverageRows::primary_regions;
}

/// Finds the row of a key, adding it if necessary.
class RowFinder {
  public:
    RowFinder(const Plan& plan, Coverage& coverage) : plan_(plan), coverage_(coverage) {
        if (coverage.rows_are == CoverageRows::groups) {
            for (const PlannedGroup& group : plan.groups) {
                add(group.name);
            }
        }
    }

    std::size_t row_of(std::uint32_t key) {
        const PlannedKey& planned = plan_.keys[key];
        switch (coverage_.rows_are) {
            case CoverageRows::keys:
                if (key >= coverage_.rows.size()) {
                    add(planned.primary.key_id.text());
                }
                return key;
            case CoverageRows::groups:
                return planned.group;
            case CoverageRows::primary_regions:
                break;
        }
        const auto [row, is_new] =
            by_region_.emplace(planned.primary.region.name(), coverage_.rows.size());
        if (is_new) {
            add(planned.primary.region.name());
        }
        return row->second;
    }

  private:
    void add(std::string name) {
        CoverageRow row;
        row.name = std::move(name);
        row.cells.resize(coverage_.regions.size());
        coverage_.rows.push_back(std::move(row));
    }

    const Plan& plan_;
    Coverage& coverage_;
    std::map<std::string, std::size_t> by_region_;
};

}  // namespace

std::string_view name_of(CoverageRows rows) noexcept {
    switch (rows) {
        case CoverageRows::keys:
            return "keys";
        case CoverageRows::groups:
            return "groups of keys";
        case CoverageRows::primary_regions:
            break;
    }
    return "keys by primary Region";
}

Coverage coverage_of(const ReviewedPlan& reviewed) {
    const Plan& plan = reviewed.plan;
    assert(reviewed.review.verdicts.size() == plan.jobs.size());
    Coverage coverage;
    coverage.rows_are = rows_for(plan);
    coverage.regions = regions_of(reviewed);
    const auto column_of = [&](const io::Region& region) {
        return static_cast<std::size_t>(
            std::lower_bound(coverage.regions.begin(), coverage.regions.end(), region) -
            coverage.regions.begin());
    };
    std::vector<std::size_t> columns;  // the columns of plan.regions
    for (const io::Region& region : plan.regions) {
        columns.push_back(column_of(region));
    }
    RowFinder rows(plan, coverage);
    std::vector<std::size_t> row_of_key;
    row_of_key.reserve(plan.keys.size());
    for (std::uint32_t k = 0; k < plan.keys.size(); ++k) {
        row_of_key.push_back(rows.row_of(k));
        CoverageRow& row = coverage.rows[row_of_key[k]];
        ++row.keys;
        ++row.cells[column_of(plan.keys[k].primary.region)].primaries;
    }
    for (std::size_t j = 0; j < plan.jobs.size(); ++j) {
        const Job& job = plan.jobs[j];
        coverage.rows[row_of_key[job.key]].cells[columns[job.region]].actions.count(
            reviewed.review.verdicts[j].action);
    }
    for (const ExtraReplica& extra : reviewed.review.extras) {
        if (const io::Parsed<io::Region> region = io::Region::parse(extra.region)) {
            ++coverage.rows[row_of_key[extra.key]].cells[column_of(*region)].extras;
        }
    }
    return coverage;
}

}  // namespace keyferry::planner
