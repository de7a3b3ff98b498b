// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"
#include "planner/review/plan_provenance.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <vector>

namespace keyferry::planner {

/// Returns the head of a report: the plan's sha256 and its provenance, with at most `callers_max`
/// callers and the number of the others.
[[nodiscard]] std::vector<ReportFact> plan_facts(const ReviewedPlan& reviewed,
                                                 const PlanProvenance& provenance,
                                                 std::size_t callers_max);

/// Returns the member `provenance` of JSON reports, which PLAN_REPORT.md describes.
[[nodiscard]] boost::json::object provenance_object(const PlanProvenance& provenance);

}  // namespace keyferry::planner
