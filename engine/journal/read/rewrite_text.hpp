// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace keyferry::engine {

/// Describes a rewrite of the journal in a sentence, such as "compacted from 1,200 records, ...".
/// The sentence contains unescaped text from the journal, so it must be sanitized before it is
/// printed to a terminal.
[[nodiscard]] std::string rewrite_text(const JournalRewrite& rewrite);

/// Returns the rewrite as JSON: {how, records_before, records_lost, jobs_carried, jobs_dropped,
/// jobs_not_begun, plan_sha256_before}.
[[nodiscard]] boost::json::object rewrite_json(const JournalRewrite& rewrite);

/// Whether records are missing from the journal.
[[nodiscard]] bool is_lossy(const JournalLoss& loss) noexcept;

/// Describes how much of the journal is missing and what this means for a rerun.
[[nodiscard]] std::string loss_text(const JournalLoss& loss);

}  // namespace keyferry::engine
