// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/state/state_file.hpp"

#include "io/file/output_file.hpp"
#include "tools/simulator/state/state_lines.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <filesystem>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::string_view kHeader = "state";
constexpr std::string_view kTime = "time";
constexpr std::string_view kComplete = "complete";
constexpr std::int64_t kVersion = 4;
constexpr std::size_t kWriteBytes = std::size_t{1} << 20U;
/// Smaller files are not rewritten while the simulator runs.
constexpr std::uint64_t kRewriteBytesMin = std::uint64_t{1} << 20U;

std::string time_record(const TimeSetting& setting) {
    return fmt::format("{{\"time\":{{\"machine_ms\":{},\"wall_ms\":{},\"rate\":{}}}}}",
                       unix_ms(setting.machine),
                       unix_ms(setting.wall),
                       setting.rate);
}

TimeSetting time_in(const json::object& object) {
    const auto time_of = [&](const char* name) {
        return io::WallTime{std::chrono::milliseconds{object.at(name).as_int64()}};
    };
    TimeSetting setting;
    setting.machine = time_of("machine_ms");
    setting.wall = time_of("wall_ms");
    setting.rate = std::clamp(json::value_to<double>(object.at("rate")), 0.0, kTimeRateMax);
    return setting;
}

/// Syncs a complete new file and renames it to its final name. The file is locked before the
/// rename, so that the state is never unlocked.
std::error_code publish(io::NewFile& fresh, const std::string& path) {
    if (const std::error_code error = fresh.file().copy_owner(path)) {
        return error;
    }
    if (const std::error_code error = fresh.file().sync()) {
        return error;
    }
    if (const std::error_code error = fresh.file().lock()) {
        return error;
    }
    bool is_published = false;
    return fresh.publish_over(is_published);
}

}  // namespace

StateProblem StateFile::problem(std::string_view action, std::error_code error) const {
    if (error.value() == EAGAIN) {
        return {fmt::format("the state file {} is in use by another simulator", path_), true};
    }
    return {fmt::format("cannot {} the state file {}: {}", action, path_, error.message()), false};
}

StateProblem StateFile::problem_in(std::uint64_t line, std::string_view text) const {
    return {fmt::format("{}:{}: not a valid simulator state: {}", path_, line, text), false};
}

StateProblem StateFile::damage_in(std::uint64_t line,
                                  std::string_view text,
                                  std::uint64_t whole_lines) const {
    StateProblem problem = problem_in(line, text);
    problem.text += whole_lines > 0
                        ? fmt::format(
                              "; restore a copy of the file, or go back to the state before "
                              "this line with: head -n {} {} > NEW",
                              whole_lines,
                              path_)
                        : "; restore a copy of the file, or remove it to start without keys";
    return problem;
}

StateFile::~StateFile() {
    bool is_ours = false;
    if (is_new_ && previous_ && !previous_->check_path(is_ours) && is_ours) {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
}

boost::system::result<std::unique_ptr<StateFile>, StateProblem> StateFile::open(
    const std::string& path, std::uint64_t seed) {
    std::unique_ptr<StateFile> state(new StateFile(path, seed));
    const io::OutputResult<io::OutputTarget> target = io::inspect_output(path, false);
    if (!target) {
        return StateProblem{"cannot use the state file: " + target.error().text, false};
    }
    std::error_code error = target->kind == io::OutputTarget::Kind::absent
                                ? state->create()
                                : std::make_error_code(std::errc::file_exists);
    if (error == std::errc::file_exists) {
        using File = io::PosixAppendFile;
        error = File::open(state->path_, File::Access::read_and_append, state->previous_);
    }
    if (error) {
        return state->problem("open", error);
    }
    if (auto problem = state->lock()) {
        state->is_new_ = false;  // the file belongs to the simulator that holds the lock
        return *std::move(problem);
    }
    if (auto problem = state->verify()) {
        return *std::move(problem);
    }
    return state;
}

std::error_code StateFile::create() {
    const std::error_code error = io::PosixAppendFile::create(path_, previous_);
    is_new_ = !error;
    return error;
}

std::optional<StateProblem> StateFile::lock() {
    if (const std::error_code error = previous_->lock()) {
        return problem("lock", error);
    }
    // Another simulator may have replaced the file before it was locked.
    bool is_same = false;
    if (const std::error_code error = previous_->check_path(is_same)) {
        return problem("open", error);
    }
    return is_same
               ? std::nullopt
               : std::optional(problem("open", std::error_code(EAGAIN, std::system_category())));
}

std::optional<StateProblem> StateFile::verify() {
    StateLines lines(*previous_);
    RecordChain chain;
    std::string_view line;
    bool is_complete = false;
    while (lines.next(line)) {
        if (lines.number() == 1) {
            if (auto problem = read_header(line)) {
                return problem;
            }
        }
        if (const auto broken = chain.verify(line)) {
            return damage_in(lines.number(), broken->text, is_complete ? lines.number() - 1 : 0);
        }
        is_complete = is_complete || state_record_kind(line) == kComplete;
    }
    if (lines.error()) {
        return problem("read", lines.error());
    }
    if (lines.number() == 0) {  // an empty file is a new state
        return lines.is_torn() ? std::optional(problem_in(1, "the first line is incomplete"))
                               : std::nullopt;
    }
    return is_complete ? std::nullopt
                       : std::optional(damage_in(
                             lines.number() + 1, "the end of the saved state is missing", 0));
}

std::optional<StateProblem> StateFile::read_header(std::string_view line) {
    if (line.starts_with("{\"version\":1")) {
        return StateProblem{fmt::format("the state file {} was written by an earlier version of "
                                        "keyferry, which used a different format",
                                        path_),
                            false};
    }
    if (const auto broken = RecordChain().verify(line)) {
        return problem_in(1, broken->text);
    }
    const auto record = parse_state_record(line);
    if (!record) {
        return problem_in(1, record.error().text);
    }
    try {
        const json::object& header = record->at(kHeader).as_object();
        if (header.at("version").as_int64() != kVersion) {
            return problem_in(1,
                              "written by another version of keyferry; start with another file, or "
                              "remove this one to start without keys");
        }
        const auto seed = json::value_to<std::uint64_t>(header.at("seed"));
        starts_ = json::value_to<std::uint64_t>(header.at("starts"));
        if (seed != seed_) {
            return StateProblem{
                fmt::format(
                    "the state file {} was created with seed {}; use --seed {}", path_, seed, seed),
                false};
        }
    } catch (const std::exception& error) {
        return problem_in(1, error.what());
    }
    return std::nullopt;
}

std::optional<StateProblem> StateFile::restore_time(TimeControl& time) {
    StateLines lines(*previous_);
    std::string_view line;
    std::optional<TimeSetting> last;
    while (lines.next(line)) {
        if (state_record_kind(line) != kTime) {
            continue;
        }
        const auto record = parse_state_record(line);
        if (!record) {
            return problem_in(lines.number(), record.error().text);
        }
        try {
            last = time_in(record->at(kTime).as_object());
        } catch (const std::exception& error) {
            return problem_in(lines.number(), error.what());
        }
    }
    if (lines.error()) {
        return problem("read", lines.error());
    }
    if (last) {
        time.restore(*last);
    }
    return std::nullopt;
}

std::optional<StateProblem> StateFile::load(const SavedParts& parts, const SimulatedTime& time) {
    StateLines lines(*previous_);
    std::string_view line;
    while (lines.next(line)) {
        const auto record = parse_state_record(line);
        if (!record) {
            return problem_in(lines.number(), record.error().text);
        }
        if (record->contains(kHeader) || record->contains(kTime) || record->contains(kComplete)) {
            continue;
        }
        const auto problem = Callers::has_record_kind(state_record_kind(line))
                                 ? parts.callers.load_record(*record)
                                 : parts.model.load_record(*record, time);
        if (problem) {
            return problem_in(lines.number(), problem->text);
        }
    }
    if (lines.error()) {
        return problem("read", lines.error());
    }
    parts.model.finish_loading();
    return std::nullopt;
}

std::optional<StateProblem> StateFile::begin(const SavedParts& parts, const TimeControl& time) {
    ++starts_;
    parts.model.record_changes();
    parts.callers.record_changes();
    return rewrite(parts, time);
}

std::optional<StateProblem> StateFile::rewrite(const SavedParts& parts, const TimeControl& time) {
    std::unique_ptr<io::NewFile> fresh;
    if (const std::error_code error = io::NewFile::create(path_, fresh)) {
        return problem("write", error);
    }
    std::error_code error;
    std::uint64_t bytes = 0;
    std::string buffer;
    RecordChain chain;
    std::uint64_t records = 0;
    const auto append = [&](std::string_view record) {
        chain.append(record, buffer);
        ++records;
    };
    const auto flush = [&] {
        if (!error) {
            error = fresh->file().append(buffer);
        }
        bytes += buffer.size();
        buffer.clear();
    };
    append(fmt::format(
        R"({{"state":{{"version":{},"seed":{},"starts":{}}}}})", kVersion, seed_, starts_));
    if (time.setting()) {
        append(time_record(time.current()));
    }
    const auto append_and_flush = [&](const std::string& record) {
        append(record);
        if (buffer.size() >= kWriteBytes) {
            flush();
        }
    };
    parts.model.save(time.now(), append_and_flush);
    parts.callers.save(time.now().wall, append_and_flush);
    append(fmt::format(R"({{"complete":{{"records":{}}}}})", records));
    flush();
    if (error) {
        return problem("write", error);
    }
    if (const std::error_code failed = publish(*fresh, path_)) {
        return problem("write", failed);
    }
    current_ = std::move(fresh);
    chain_ = chain;
    previous_.reset();
    bytes_ = bytes_rewritten_ = bytes;
    time_saved_ = time.setting();
    return std::nullopt;
}

std::optional<StateProblem> StateFile::save(const SavedParts& parts, const TimeControl& time) {
    std::string text;
    // A rate above 1 applies only while the simulator runs (TimeControl::restore()), so the next
    // start must know when this one ended. It may end at any moment.
    const bool is_fast = time.setting() && time.setting()->rate > 1;
    if (is_fast || time.setting() != time_saved_) {
        time_saved_ = time.setting();
        chain_.append(time_record(time.current()), text);
    }
    const auto append = [&](const std::string& record) {
        chain_.append(record, text);
    };
    parts.model.save_changes(time.now(), append);
    parts.callers.save_changes(append);
    if (text.empty()) {
        return std::nullopt;
    }
    if (const std::error_code error = current_->file().append(text)) {
        return problem("write", error);
    }
    bytes_ += text.size();
    return bytes_ > std::max(2 * bytes_rewritten_, kRewriteBytesMin) ? rewrite(parts, time)
                                                                     : std::nullopt;
}

std::optional<StateProblem> StateFile::sync() {
    const std::error_code error = current_->file().sync();
    return error ? std::optional(problem("write", error)) : std::nullopt;
}

}  // namespace keyferry::simulator
