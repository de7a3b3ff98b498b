// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/progress.hpp"

#include <chrono>
#include <string>

namespace keyferry::cli {

/// One line on how a run stands, without newline: done of all, what went wrong, what is under way,
/// how fast and how long still. `over_before` jobs were over in earlier processes already.
[[nodiscard]] std::string progress_text(const engine::Progress& progress,
                                        std::size_t over_before,
                                        std::chrono::duration<double> elapsed);

/// The same as one JSON object.
[[nodiscard]] std::string progress_json(const engine::Progress& progress,
                                        std::chrono::duration<double> elapsed);

enum class ProgressStyle {
    terminal,  ///< one line that is written over
    log,       ///< a line every few seconds
    json,      ///< an object a line, every few seconds
    none,
};

/// "auto", "bar", "log", "json" or "none"; auto is a bar on a terminal and a log elsewhere.
[[nodiscard]] ProgressStyle progress_style(const std::string& option, bool json_report);

/// How often `style` wants to be shown.
[[nodiscard]] std::chrono::milliseconds progress_interval(ProgressStyle style);

/// Shows progress on standard error in `style`.
void show_progress(ProgressStyle style, const std::string& text);

/// Ends the line that is written over, so that other text can follow.
void end_progress(ProgressStyle style);

}  // namespace keyferry::cli
