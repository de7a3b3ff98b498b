// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/progress_line.hpp"

#include "io/names/duration_text.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/scope_note.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::string_view kEllipsis = "...";

/// The assumed width of a terminal that does not report its width.
constexpr std::size_t kColumnsDefault = 80;

/// How important a part of the line is. Parts are omitted from the end of this list, so a part that
/// adds detail to another part must come after it.
enum class Rank : std::uint8_t {
    always,  ///< never omitted
    outlook,
    failures,
    throttles,
    percent,
    rate,
    throttled_jobs,
    deadline,
    other_jobs,
    elapsed,
    calls,
    detail,
};

struct Part {
    std::string text;  ///< with its separator
    Rank rank;
};

/// The parts of a line.
class Line {
  public:
    void add(Rank rank, std::string text) { parts_.push_back(Part{std::move(text), rank}); }

    void add_count(Rank rank, std::uint64_t count, std::string_view what) {
        if (count > 0) {
            add(rank, fmt::format(", {} {}", count, what));
        }
    }

    /// Returns the line, without the least important parts if it would be too long.
    [[nodiscard]] std::string text(std::size_t columns_max) {
        std::size_t columns =
            std::accumulate(parts_.begin(), parts_.end(), std::size_t{0}, [](auto sum, auto& part) {
                return sum + part.text.size();
            });
        while (columns > columns_max) {
            // Among parts of equal rank, this finds the last one.
            const auto least = std::max_element(
                parts_.rbegin(), parts_.rend(), [](const Part& one, const Part& other) {
                    return one.rank < other.rank;
                });
            if (least->rank == Rank::always) {
                break;
            }
            columns -= least->text.size();
            parts_.erase(std::next(least).base());
        }
        std::string text;
        for (const Part& part : parts_) {
            text += part.text;
        }
        return cut_to_columns(text, columns_max);
    }

  private:
    std::vector<Part> parts_;
};

/// Uses whole seconds, so that the length of the line does not change with every update.
std::string whole_duration_text(std::int64_t seconds) {
    return seconds < 60 ? fmt::format("{} s", seconds)
           : seconds < 3600 && seconds % 60 == 0
               ? fmt::format("{} min", seconds / 60)
               : io::long_duration_text(static_cast<double>(seconds));
}

/// Rounds to a precision that suits an estimate: "45 s", "4 min 10 s", "25 min", "1 h 20 min".
std::string rough_duration_text(Seconds duration) {
    const double s = duration.count();
    const std::int64_t unit = s < 60 ? 1 : s < 600 ? 10 : 60;
    return whole_duration_text(std::llround(s / static_cast<double>(unit)) * unit);
}

std::string countdown_text(std::chrono::milliseconds duration) {
    return whole_duration_text(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

std::string rate_text(double per_s) {
    return per_s > 0 && per_s < 1 ? fmt::format("{:.1f}/min", per_s * 60)
                                  : fmt::format("{:.1f}/s", per_s);
}

std::uint64_t percent_done(const engine::Progress& progress) {
    return progress.jobs == 0 ? 100 : progress.ended.done() * 100 / progress.jobs;
}

/// Returns the number of jobs in progress that are neither unresolved nor waiting to retry a call.
std::size_t active_jobs(const engine::Progress& progress) {
    const std::size_t others =
        progress.in_doubt + progress.waiting_throttled + progress.waiting_otherwise;
    return progress.begun - std::min(progress.begun, others);
}

void add_parked(Line& line, const engine::Progress& progress) {
    if (!progress.parked_scope) {
        return;
    }
    const engine::ScopeNews& scope = *progress.parked_scope;
    line.add(Rank::always, ", parked: " + scope_name(scope));
    if (scope.scope != engine::FailureScope::account) {
        line.add(Rank::detail, fmt::format(" of account {}", scope.place.account.digits()));
    }
    line.add(Rank::outlook, fmt::format(" ({})", name_of(scope.reason)));
    if (progress.parked > 1) {
        line.add(Rank::failures, fmt::format(" and {} more", progress.parked - 1));
    }
    line.add(Rank::outlook,
             scope.probe_in.count() > 0 ? ", next probe in " + countdown_text(scope.probe_in)
                                        : ", probing now");
    line.add(Rank::deadline, ", gives up in " + countdown_text(scope.abandoned_in));
}

void add_time_left(Line& line, const Pace& pace) {
    constexpr Seconds kShownMin{1};
    if (!pace.left) {
        line.add(Rank::elapsed, ", time left unknown");
    } else if (*pace.left >= kShownMin) {
        line.add(Rank::outlook, fmt::format(", about {} left", rough_duration_text(*pace.left)));
    }
}

void add_throttled(Line& line, const Pace& pace) {
    if (!pace.throttled) {
        return;
    }
    const io::AccountRegion& place = pace.throttled->place;
    line.add(
        Rank::throttles,
        fmt::format(", KMS throttles {} in {}", name_of(pace.throttled->api), place.region.name()));
    line.add(Rank::detail, fmt::format(" of account {}", place.account.digits()));
    if (pace.quotas_throttled > 1) {
        line.add(
            Rank::detail,
            fmt::format(" and {}", planner::counted(pace.quotas_throttled - 1, "other quota")));
    }
}

std::string throttled_json(const Pace& pace) {
    return !pace.throttled ? "null"
                           : fmt::format(R"({{"account":"{}","region":"{}","operation":"{}",)"
                                         R"("throttled":{},"quotas":{}}})",
                                         pace.throttled->place.account.digits(),
                                         pace.throttled->place.region.name(),
                                         name_of(pace.throttled->api),
                                         pace.throttled->calls,
                                         pace.quotas_throttled);
}

/// Ignores errors: a run continues even if its progress cannot be displayed.
void write_stderr(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

}  // namespace

std::string progress_text(const engine::Progress& progress,
                          const Pace& pace,
                          std::chrono::seconds stalled,
                          std::size_t columns_max) {
    using engine::JobPhase;
    const engine::JobCounts& ended = progress.ended;
    Line line;
    line.add(Rank::always, fmt::format("{}/{} done", ended.done(), progress.jobs));
    line.add(Rank::percent, fmt::format(" ({} %)", percent_done(progress)));
    if (stalled > std::chrono::seconds(0)) {
        line.add(Rank::always,
                 fmt::format(", the journal's disk has not responded for {} s", stalled.count()));
    } else if (progress.parked > 0) {  // no estimate, because a probe may succeed at any time
        add_parked(line, progress);
    } else {
        add_time_left(line, pace);
    }
    if (pace.rate_per_s) {
        line.add(Rank::rate, ", " + rate_text(*pace.rate_per_s));
    }
    for (const JobPhase phase : {JobPhase::failed,
                                 JobPhase::conflict,
                                 JobPhase::unusable,
                                 JobPhase::blocked,
                                 JobPhase::unknown,
                                 JobPhase::deferred}) {
        line.add_count(Rank::failures,
                       ended.of(phase),
                       phase == JobPhase::conflict ? "in conflict" : name_of(phase));
    }
    add_throttled(line, pace);
    line.add_count(Rank::throttled_jobs, progress.waiting_throttled, "waiting (throttled)");
    line.add_count(Rank::other_jobs, progress.waiting_otherwise, "waiting");
    line.add_count(Rank::other_jobs, active_jobs(progress), "in progress");
    line.add_count(Rank::other_jobs, progress.in_doubt, "unresolved");
    line.add_count(Rank::other_jobs, progress.unchecked, "to check");
    const auto elapsed = std::chrono::floor<std::chrono::seconds>(pace.elapsed);
    line.add(Rank::elapsed, fmt::format(", {} elapsed", whole_duration_text(elapsed.count())));
    line.add_count(Rank::calls,
                   progress.in_flight,
                   progress.in_flight == 1 ? "call in flight" : "calls in flight");
    return line.text(columns_max);
}

std::string progress_json(const engine::Progress& progress,
                          const Pace& pace,
                          std::chrono::seconds stalled) {
    using engine::Attribution;
    using engine::JobPhase;
    const engine::JobCounts& ended = progress.ended;
    const auto number = [](std::optional<double> value) {
        return value ? fmt::format("{:.1f}", *value) : std::string("null");
    };
    const std::optional<double> left = pace.left ? std::optional(pace.left->count()) : std::nullopt;
    return fmt::format(
        R"({{"progress":{{"jobs":{},"percent":{},"created":{},"created_reconciled":{},)"
        R"("existed":{},"failed":{},"conflict":{},"unusable":{},"blocked":{},"unknown":{},)"
        R"("deferred":{},"in_progress":{},"in_doubt":{},"unchecked":{},)"
        R"("waiting_throttled":{},"waiting":{},"in_flight":{},"calls":{},"throttled":{},)"
        R"("throttled_quota":{},"parked":{},"parked_scope":{},"elapsed_s":{:.1f},"rate_per_s":{},"remaining_s":{},)"
        R"("journal_stalled_s":{}}}}})",
        progress.jobs,
        percent_done(progress),
        ended.of(Attribution::created),
        ended.of(Attribution::created_reconciled),
        ended.of(Attribution::existed),
        ended.of(JobPhase::failed),
        ended.of(JobPhase::conflict),
        ended.of(JobPhase::unusable),
        ended.of(JobPhase::blocked),
        ended.of(JobPhase::unknown),
        ended.of(JobPhase::deferred),
        progress.begun - progress.in_doubt,
        progress.in_doubt,
        progress.unchecked,
        progress.waiting_throttled,
        progress.waiting_otherwise,
        progress.in_flight,
        progress.calls,
        progress.throttled,
        throttled_json(pace),
        progress.parked,
        progress.parked_scope ? scope_object(*progress.parked_scope) : "null",
        pace.elapsed.count(),
        number(pace.rate_per_s),
        number(left),
        stalled.count());
}

std::string cut_to_columns(std::string_view text, std::size_t columns_max) {
    const auto begins_character = [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    };
    const auto columns = std::count_if(text.begin(), text.end(), begins_character);
    if (static_cast<std::size_t>(columns) <= columns_max) {
        return std::string(text);
    }
    const std::size_t dots = std::min(kEllipsis.size(), columns_max);
    std::size_t kept = columns_max - dots;
    std::size_t end = 0;
    while (end < text.size() && (kept > 0 || !begins_character(text[end]))) {
        kept -= begins_character(text[end]) ? 1 : 0;
        ++end;
    }
    return std::string(text.substr(0, end)) + std::string(kEllipsis.substr(0, dots));
}

ProgressStyle progress_style(const std::string& option, bool json_report) {
    if (json_report) {  // standard error contains nothing but JSON
        return option == "none" ? ProgressStyle::none : ProgressStyle::json;
    }
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
    const char* kind = std::getenv("TERM");
    const bool has_cursor = kind == nullptr || std::string_view(kind) != "dumb";
    return has_cursor && ::isatty(STDERR_FILENO) != 0 ? ProgressStyle::terminal
                                                      : ProgressStyle::log;
}

std::chrono::milliseconds progress_interval(ProgressStyle style) {
    return std::chrono::milliseconds(style == ProgressStyle::terminal ? 200 : 5000);
}

std::size_t progress_columns(ProgressStyle style) {
    if (style != ProgressStyle::terminal) {
        return kAnyColumns;
    }
    winsize size{};
    const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return (is_known ? size.ws_col : kColumnsDefault) - 1;
}

void show_progress(ProgressStyle style, const std::string& text) {
    switch (style) {
        case ProgressStyle::none:
            return;
        case ProgressStyle::terminal: {
            // Carriage return, the text, and the sequence that erases the rest of the previous
            // line.
            const std::string line =
                "\r" + cut_to_columns(text, progress_columns(style)) + "\x1b[K";
            write_stderr(line);
            return;
        }
        case ProgressStyle::log:
            write_stderr(fmt::format("keyferry: {}\n", text));
            return;
        case ProgressStyle::json:
            write_stderr(valid_json(text) + "\n");
            return;
    }
}

void end_progress(ProgressStyle style) {
    if (style == ProgressStyle::terminal) {
        std::fwrite("\n", 1, 1, stderr);
    }
}

}  // namespace keyferry::cli
