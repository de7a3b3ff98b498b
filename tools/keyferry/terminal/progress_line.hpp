// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/progress.hpp"
#include "tools/keyferry/terminal/run_pace.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry::cli {

/// A value of `columns_max` that does not limit the length of a line.
inline constexpr std::size_t kAnyColumns = std::string::npos;

/// Formats the progress of a run on one line, without a newline: finished jobs, what is parked or
/// throttled, the remaining time, the recent rate, failures and jobs in progress. If the line would
/// have more than `columns_max` columns, the least important parts are omitted; if that is not
/// enough, the line is truncated. `stalled` is how long the journal's disk has been unresponsive,
/// or 0 if it responds.
[[nodiscard]] std::string progress_text(const engine::Progress& progress,
                                        const Pace& pace,
                                        std::chrono::seconds stalled = std::chrono::seconds(0),
                                        std::size_t columns_max = kAnyColumns);

/// Formats the progress as one JSON object, {"progress":{...}}. tools/manual/running.md describes
/// its members.
[[nodiscard]] std::string progress_json(const engine::Progress& progress,
                                        const Pace& pace,
                                        std::chrono::seconds stalled = std::chrono::seconds(0));

/// Returns `text`, or its beginning with "..." if it has more than `columns_max` columns. Each
/// character counts as one column.
[[nodiscard]] std::string cut_to_columns(std::string_view text, std::size_t columns_max);

enum class ProgressStyle {
    terminal,  ///< one line, overwritten
    log,       ///< one line every few seconds
    json,      ///< one JSON object per line every few seconds
    none,
};

/// Returns the style for `option`, which is "auto", "bar", "log", "json" or "none". "auto" means a
/// bar on a terminal and a log elsewhere.
[[nodiscard]] ProgressStyle progress_style(const std::string& option, bool json_report);

/// Interval between updates in `style`.
[[nodiscard]] std::chrono::milliseconds progress_interval(ProgressStyle style);

/// Returns how many columns a line in `style` may have: in the style `terminal`, the current width
/// of the terminal minus one, because terminals differ in how they treat a full line.
[[nodiscard]] std::size_t progress_columns(ProgressStyle style);

/// Shows progress on standard error in `style`. A line on the terminal is truncated to the
/// terminal's width.
void show_progress(ProgressStyle style, const std::string& text);

/// Ends the overwritten line, so that other text can follow.
void end_progress(ProgressStyle style);

}  // namespace keyferry::cli
