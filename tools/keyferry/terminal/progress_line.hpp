// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/progress.hpp"

#include <chrono>
#include <string>

namespace keyferry::cli {

/// Formats the progress of a run on one line, without a newline: finished jobs, failures, jobs in
/// progress, rate and remaining time. `ended_before` is the number of jobs that earlier processes
/// have finished. `stalled` is how long the journal's disk has not responded; 0 if it responds.
[[nodiscard]] std::string progress_text(const engine::Progress& progress,
                                        std::uint64_t ended_before,
                                        std::chrono::duration<double> elapsed,
                                        std::chrono::seconds stalled = std::chrono::seconds(0));

/// Formats the progress as one JSON object.
[[nodiscard]] std::string progress_json(const engine::Progress& progress,
                                        std::chrono::duration<double> elapsed,
                                        std::chrono::seconds stalled = std::chrono::seconds(0));

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

/// Shows progress on standard error in `style`.
void show_progress(ProgressStyle style, const std::string& text);

/// Ends the overwritten line, so that other text can follow.
void end_progress(ProgressStyle style);

}  // namespace keyferry::cli
