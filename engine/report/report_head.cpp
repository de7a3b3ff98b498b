// SPDX-License-Identifier: Apache-2.0
#include "engine/report/report_head.hpp"

#include "engine/journal/format/text.hpp"

namespace keyferry::engine {

void put_report_head(boost::json::object& object, const RunReport& report) {
    object["fleet"] = report.fleet;
    object["plan_sha256"] = report.plan_sha256;
    object["simulated"] = report.simulated;
    object["last_record"] = journal_time(report.last_record);
    object["host"] = report.host;
    object["endpoint"] = endpoint_of(report);
    object["filter"] = report.filter;
    object["verb"] = name_of(report.verb);
    object["live"] = report.live;
}

}  // namespace keyferry::engine
