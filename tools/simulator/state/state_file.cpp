// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/state/state_file.hpp"

#include "io/file/output_file.hpp"
#include "tools/simulator/state/state_lines.hpp"
#include "tools/simulator/state/state_record.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::string_view kHeader = "state";
constexpr std::string_view kTime = "time";
constexpr std::int64_t kVersion = 2;
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

/// Syncs a complete new file and renames it to its final name. It is locked before the rename, so
/// that the state is always locked.
std::error_code publish(io::NewFile& fresh) {
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
        return {fmt::format("the state {} is in use by another simulator", path_)};
    }
    return {fmt::format("cannot {} the state {}: {}", action, path_, error.message())};
}

StateProblem StateFile::problem_in(std::uint64_t line, std::string_view text) const {
    return {fmt::format("{}:{}: not a valid simulator state: {}", path_, line, text)};
}

boost::system::result<std::unique_ptr<StateFile>, StateProblem> StateFile::open(
    const std::string& path, std::uint64_t seed) {
    std::unique_ptr<StateFile> state(new StateFile(path, seed));
    io::OutputTarget target;
    if (const std::error_code error = io::inspect_output(path, target)) {
        return state->problem("open", error);
    }
    state->path_ = target.path;
    switch (target.kind) {
        case io::OutputTarget::Kind::absent:
            return state;
        case io::OutputTarget::Kind::file:
            if (auto problem = state->open_existing()) {
                return *std::move(problem);
            }
            return state;
        case io::OutputTarget::Kind::stream:
        case io::OutputTarget::Kind::folder:
        case io::OutputTarget::Kind::other:
            break;
    }
    return StateProblem{fmt::format("the state {} is not a regular file", path)};
}

std::optional<StateProblem> StateFile::open_existing() {
    using File = io::PosixAppendFile;
    if (const std::error_code error = File::open(path_, File::Access::read_and_append, previous_)) {
        return problem("open", error);
    }
    if (const std::error_code error = previous_->lock()) {
        return problem("lock", error);
    }
    // Another simulator may have replaced the file between the two calls.
    bool is_same = false;
    if (const std::error_code error = previous_->check_path(is_same)) {
        return problem("open", error);
    }
    return is_same ? read_header()
                   : problem("open", std::error_code(EAGAIN, std::system_category()));
}

std::optional<StateProblem> StateFile::read_header() {
    StateLines lines(*previous_);
    std::string_view line;
    if (!lines.next(line)) {
        if (lines.error()) {
            return problem("read", lines.error());
        }
        return lines.is_torn() ? std::optional(problem_in(1, "the first line is incomplete"))
                               : std::nullopt;  // an empty file is a new state
    }
    if (line.starts_with("{\"version\":1")) {
        return StateProblem{
            fmt::format("the state {} was written by an earlier version of keyferry, which used a "
                        "different format",
                        path_)};
    }
    const auto record = parse_state_record(line);
    if (!record) {
        return problem_in(1, record.error().text);
    }
    try {
        const json::object& header = record->at(kHeader).as_object();
        if (header.at("version").as_int64() != kVersion) {
            return problem_in(1, "written by another version of keyferry");
        }
        const auto seed = json::value_to<std::uint64_t>(header.at("seed"));
        starts_ = json::value_to<std::uint64_t>(header.at("starts"));
        if (seed != seed_) {
            return StateProblem{
                fmt::format("the state {} belongs to seed {}; use --seed {}", path_, seed, seed)};
        }
    } catch (const std::exception& error) {
        return problem_in(1, error.what());
    }
    return std::nullopt;
}

std::optional<StateProblem> StateFile::restore_time(TimeControl& time) {
    if (!previous_) {
        return std::nullopt;
    }
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

std::optional<StateProblem> StateFile::load(KmsModel& model, const SimulatedTime& time) {
    if (!previous_) {
        return std::nullopt;
    }
    StateLines lines(*previous_);
    std::string_view line;
    while (lines.next(line)) {
        const auto record = parse_state_record(line);
        if (!record) {
            return problem_in(lines.number(), record.error().text);
        }
        if (record->contains(kHeader) || record->contains(kTime)) {
            continue;
        }
        if (const auto problem = model.load_record(*record, time)) {
            return problem_in(lines.number(), problem->text);
        }
    }
    if (lines.error()) {
        return problem("read", lines.error());
    }
    model.finish_loading();
    return std::nullopt;
}

std::optional<StateProblem> StateFile::begin(KmsModel& model, const TimeControl& time) {
    ++starts_;
    model.record_changes();
    return rewrite(model, time);
}

std::optional<StateProblem> StateFile::rewrite(KmsModel& model, const TimeControl& time) {
    std::unique_ptr<io::NewFile> fresh;
    if (const std::error_code error = io::NewFile::create(path_, fresh)) {
        return problem("write", error);
    }
    std::error_code error;
    std::uint64_t bytes = 0;
    std::string buffer;
    const auto flush = [&] {
        if (!error) {
            error = fresh->file().append(buffer);
        }
        bytes += buffer.size();
        buffer.clear();
    };
    append_state_record(
        fmt::format(
            R"({{"state":{{"version":{},"seed":{},"starts":{}}}}})", kVersion, seed_, starts_),
        buffer);
    if (time.setting()) {
        append_state_record(time_record(*time.setting()), buffer);
    }
    model.save(time.now(), [&](const std::string& record) {
        append_state_record(record, buffer);
        if (buffer.size() >= kWriteBytes) {
            flush();
        }
    });
    flush();
    if (error) {
        return problem("write", error);
    }
    if (const std::error_code failed = publish(*fresh)) {
        return problem("write", failed);
    }
    current_ = std::move(fresh);
    previous_.reset();
    bytes_ = bytes_rewritten_ = bytes;
    time_saved_ = time.setting();
    return std::nullopt;
}

std::optional<StateProblem> StateFile::save(KmsModel& model, const TimeControl& time) {
    std::string text;
    if (time.setting() != time_saved_) {
        time_saved_ = time.setting();
        append_state_record(time_record(*time_saved_), text);
    }
    model.save_changes(time.now(),
                       [&](const std::string& record) { append_state_record(record, text); });
    if (text.empty()) {
        return std::nullopt;
    }
    if (const std::error_code error = current_->file().append(text)) {
        return problem("write", error);
    }
    bytes_ += text.size();
    return bytes_ > std::max(2 * bytes_rewritten_, kRewriteBytesMin) ? rewrite(model, time)
                                                                     : std::nullopt;
}

std::optional<StateProblem> StateFile::sync() {
    const std::error_code error = current_->file().sync();
    return error ? std::optional(problem("write", error)) : std::nullopt;
}

}  // namespace keyferry::simulator
