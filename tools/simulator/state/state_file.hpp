// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/new_file.hpp"
#include "io/file/posix_append_file.hpp"
#include "io/names/parsed.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/values/time_control.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace keyferry::simulator {

/// The reason why a state file cannot be used. `text` is a sentence without a full stop. It names
/// the file and, if the file is damaged, the line.
struct StateProblem {
    std::string text;
};

/// A file with the current state of a simulator. Each change is appended before the response to its
/// request is sent, so that no acknowledged change is lost if the process is killed. (A power loss
/// can lose the last seconds, because the file is synced to disk only at the start, when it is
/// rewritten, and at the end.)
///
/// The file consists of lines (state_record.hpp). The first line is
/// {"state":{"version":2,"seed":1,"starts":1}}. It is followed by the records of keys and aliases
/// (KmsModel) and {"time":{"machine_ms":0,"wall_ms":0,"rate":1}} (TimeSetting), in any order. The
/// last record of each key, alias or time applies. An incomplete last line is ignored, because no
/// response was sent to its request. The file is rewritten atomically, with mode 0600, at each
/// start and when its size has doubled. A lock prevents a second simulator from using the file.
class StateFile {
  public:
    /// Opens and locks the file, or prepares a new one; `path` must be a regular file or not exist
    /// (symbolic links are followed). `seed` must be the same as at earlier starts.
    [[nodiscard]] static boost::system::result<std::unique_ptr<StateFile>, StateProblem> open(
        const std::string& path, std::uint64_t seed);

    /// The number of this start; 1 for a new file.
    [[nodiscard]] std::uint64_t start() const noexcept { return starts_ + 1; }

    /// Continues at the time that the file contains, if any. Must be called before load().
    [[nodiscard]] std::optional<StateProblem> restore_time(TimeControl& time);

    /// Loads the keys and aliases that the file contains; does nothing for a new file.
    [[nodiscard]] std::optional<StateProblem> load(KmsModel& model, const SimulatedTime& time);

    /// Counts this start, rewrites the file and syncs it to disk. Must be called once, after load()
    /// and before save(). `model` then starts to record its changes.
    [[nodiscard]] std::optional<StateProblem> begin(KmsModel& model, const TimeControl& time);

    /// Writes the changes since the last call.
    [[nodiscard]] std::optional<StateProblem> save(KmsModel& model, const TimeControl& time);

    /// Syncs the file to disk. Call this at the end.
    [[nodiscard]] std::optional<StateProblem> sync();

  private:
    StateFile(std::string path, std::uint64_t seed) : path_(std::move(path)), seed_(seed) {}

    [[nodiscard]] std::optional<StateProblem> open_existing();
    [[nodiscard]] std::optional<StateProblem> read_header();
    [[nodiscard]] std::optional<StateProblem> rewrite(KmsModel& model, const TimeControl& time);
    [[nodiscard]] StateProblem problem(std::string_view action, std::error_code error) const;
    [[nodiscard]] StateProblem problem_in(std::uint64_t line, std::string_view text) const;

    std::string path_;
    std::uint64_t seed_;
    std::uint64_t starts_ = 0;
    std::unique_ptr<io::PosixAppendFile> previous_;  ///< locked; null for a new file
    std::unique_ptr<io::NewFile> current_;           ///< locked; null before begin()
    std::uint64_t bytes_ = 0;
    std::uint64_t bytes_rewritten_ = 0;  ///< size after the last rewrite
    std::optional<TimeSetting> time_saved_;
};

}  // namespace keyferry::simulator
