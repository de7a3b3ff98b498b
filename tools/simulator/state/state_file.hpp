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

/// Why a state file cannot be used; `text` is a sentence without a full stop that names the file
/// and, for damaged ones, the line.
struct StateProblem {
    std::string text;
};

/// The state of a simulator in a file that is always up to date: each change is appended before the
/// response to the request that made it is sent, so that nothing that was answered is lost if the
/// process is killed. (A power loss can lose the last seconds: only whole states are synced to
/// disk, at the start, when the file is rewritten, and at the end.)
///
/// The file consists of lines (state_record.hpp). The first is
/// {"state":{"version":2,"seed":1,"starts":1}}; then follow, in any order, the records of keys and
/// aliases (KmsModel) and {"time":{"machine_ms":0,"wall_ms":0,"rate":1}} (TimeSetting). The last
/// record of each key, alias or time applies. An incomplete last line is ignored: its request was
/// not answered. The file is rewritten atomically, with mode 0600, at each start and when it has
/// doubled in size since. A lock keeps a second simulator out.
class StateFile {
  public:
    /// Opens and locks the file, or prepares a new one; `path` must be a regular file or not exist
    /// (symbolic links are followed). `seed` must be that of earlier starts.
    [[nodiscard]] static boost::system::result<std::unique_ptr<StateFile>, StateProblem> open(
        const std::string& path, std::uint64_t seed);

    /// 1 for a new file.
    [[nodiscard]] std::uint64_t start() const noexcept { return starts_ + 1; }

    /// Continues at the time that the file contains, if any. Must be called before load().
    [[nodiscard]] std::optional<StateProblem> restore_time(TimeControl& time);

    /// Loads the keys and aliases that the file contains; does nothing for a new file.
    [[nodiscard]] std::optional<StateProblem> load(KmsModel& model, const SimulatedTime& time);

    /// Counts this start, writes the file anew and makes it durable. Must be called once before
    /// save(), after load(). From now on, `model` records its changes.
    [[nodiscard]] std::optional<StateProblem> begin(KmsModel& model, const TimeControl& time);

    /// Writes what has changed since the last call.
    [[nodiscard]] std::optional<StateProblem> save(KmsModel& model, const TimeControl& time);

    /// Makes the file durable, at the end.
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
