// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace keyferry::engine {

/// What a journal has been through, in a sentence: "compacted from 1,200 records, ...". Texts of
/// the journal stand in it as they are: make them visible before a terminal sees them.
[[nodiscard]] std::string rewrite_text(const JournalRewrite& rewrite);

/// The same as {how, records_before, records_lost, jobs_carried, jobs_dropped, jobs_not_begun,
/// plan_sha256_before}.
[[nodiscard]] boost::json::object rewrite_json(const JournalRewrite& rewrite);

/// Whether records are missing in the journal.
[[nodiscard]] bool is_lossy(const JournalLoss& loss) noexcept;

/// How much is missing, and what that means for a rerun.
[[nodiscard]] std::string loss_text(const JournalLoss& loss);

}  // namespace keyferry::engine
