// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <set>
#include <string>
#include <string_view>
#include <tuple>

namespace keyferry::cli {

/// Message about a refused call that is retried, with the reason and for how long.
[[nodiscard]] std::string refusal_message(const engine::RetriedRefusal& refusal);

/// Formats the refusal as one JSON object:
/// {"refusal":{"account","region","operation","code","message","retried_for_max_s"}}.
[[nodiscard]] std::string refusal_json(const engine::RetriedRefusal& refusal);

/// Writes refusals to standard error: as JSON if the progress is JSON, otherwise as a message below
/// the progress line. Each reason is written once per operation, account and Region, because the
/// same policy is often refused for many keys.
class RefusalNotes {
  public:
    /// After this many, none is written: the report has them all.
    static constexpr std::size_t kNotesMax = 20;

    explicit RefusalNotes(ProgressStyle style) : style_(style) {}

    void show(const engine::RetriedRefusal& refusal);

  private:
    ProgressStyle style_;
    std::set<std::tuple<io::AccountRegion, io::KmsApi, std::string>> shown_;
};

}  // namespace keyferry::cli
