// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/progress_line.hpp"

#include "io/names/duration_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace keyferry::cli {

namespace {

using Seconds = std::chrono::duration<double>;

/// Rates are not shown for shorter times.
constexpr Seconds kRateTimeMin{1.0};

void append_count(std::string& text, std::uint64_t count, std::string_view what) {
    if (count > 0) {
        fmt::format_to(std::back_inserter(text), ", {} {}", count, what);
    }
}

}  // namespace

std::string progress_text(const engine::Progress& progress,
                          std::uint64_t ended_before,
                          Seconds elapsed,
                          std::chrono::seconds stalled) {
    using engine::JobPhase;
    const engine::JobCounts& ended = progress.ended;
    std::string text = fmt::format("{}/{} done", ended.done(), progress.jobs);
    append_count(text, ended.of(JobPhase::unusable), "unusable");
    append_count(text, ended.of(JobPhase::failed), "failed");
    append_count(text, ended.of(JobPhase::conflict), "in conflict");
    append_count(text, ended.of(JobPhase::unknown), "unknown");
    append_count(text, ended.of(JobPhase::deferred), "deferred");
    append_count(text, progress.begun - progress.in_doubt, "in progress");
    append_count(text, progress.in_doubt, "unresolved");
    append_count(
        text, progress.in_flight, progress.in_flight == 1 ? "call in flight" : "calls in flight");
    append_count(text, progress.throttled, "throttled");
    if (elapsed >= kRateTimeMin) {
        const auto over_now = static_cast<double>(ended.jobs() - ended_before);
        fmt::format_to(std::back_inserter(text), ", {:.1f}/s", over_now / elapsed.count());
    }
    if (stalled > std::chrono::seconds(0)) {
        text += fmt::format(", the journal's disk has not responded for {} s", stalled.count());
    } else if (progress.parked > 0) {  // no estimate, because a probe may succeed at any time
        fmt::format_to(std::back_inserter(text), ", {} parked, ", progress.parked);
        text += progress.probe_in.count() > 0
                    ? "next probe in " + io::long_duration_text(Seconds(progress.probe_in).count())
                    : "probing now";
    } else if (progress.drain_time >= Seconds(1)) {
        text += ", about " + io::long_duration_text(progress.drain_time.count()) + " left";
    }
    return text;
}

std::string progress_json(const engine::Progress& progress,
                          Seconds elapsed,
                          std::chrono::seconds stalled) {
    using engine::Attribution;
    using engine::JobPhase;
    const engine::JobCounts& ended = progress.ended;
    return fmt::format(
        R"({{"progress":{{"jobs":{},"created":{},"created_reconciled":{},"existed":{},"failed":{},)"
        R"("conflict":{},"unusable":{},"unknown":{},"deferred":{},"in_progress":{},"in_doubt":{},"in_flight":{},"calls":{},)"
        R"("throttled":{},"parked":{},"elapsed_s":{:.1f},"remaining_s":{},"journal_stalled_s":{}}}}})",
        progress.jobs,
        ended.of(Attribution::created),
        ended.of(Attribution::created_reconciled),
        ended.of(Attribution::existed),
        ended.of(JobPhase::failed),
        ended.of(JobPhase::conflict),
        ended.of(JobPhase::unusable),
        ended.of(JobPhase::unknown),
        ended.of(JobPhase::deferred),
        progress.begun - progress.in_doubt,
        progress.in_doubt,
        progress.in_flight,
        progress.calls,
        progress.throttled,
        progress.parked,
        elapsed.count(),
        progress.parked > 0 ? "null" : fmt::format("{:.1f}", progress.drain_time.count()),
        stalled.count());
}

ProgressStyle progress_style(const std::string& option, bool json_report) {
    if (option == "bar") {
        return ProgressStyle::terminal;
    }
    if (option == "log") {
        return ProgressStyle::log;
    }
    if (option == "json") {
        return ProgressStyle::json;
    }
    if (option == "none") {
        return ProgressStyle::none;
    }
    if (json_report) {
        return ProgressStyle::json;
    }
    return ::isatty(STDERR_FILENO) != 0 ? ProgressStyle::terminal : ProgressStyle::log;
}

std::chrono::milliseconds progress_interval(ProgressStyle style) {
    return std::chrono::milliseconds(style == ProgressStyle::terminal ? 200 : 5000);
}

void show_progress(ProgressStyle style, const std::string& text) {
    switch (style) {
        case ProgressStyle::none:
            return;
        case ProgressStyle::terminal: {
            // Carriage return, the text, and the sequence that erases the rest of the previous
            // line.
            const std::string line = "\r" + text + "\x1b[K";
            std::fwrite(line.data(), 1, line.size(), stderr);
            std::fflush(stderr);
            return;
        }
        case ProgressStyle::log:
            fmt::print(stderr, "keyferry: {}\n", text);
            return;
        case ProgressStyle::json:
            fmt::print(stderr, "{}\n", text);
            return;
    }
}

void end_progress(ProgressStyle style) {
    if (style == ProgressStyle::terminal) {
        std::fwrite("\n", 1, 1, stderr);
    }
}

}  // namespace keyferry::cli
