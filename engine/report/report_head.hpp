// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/report/run_report.hpp"

#include <boost/json/object.hpp>

namespace keyferry::engine {

/// Adds the members with which every JSON report of a journal begins, after `format`: fleet,
/// plan_sha256, simulated, last_record, host, endpoint, filter, verb, live. run_report_json()
/// describes them.
void put_report_head(boost::json::object& object, const RunReport& report);

}  // namespace keyferry::engine
