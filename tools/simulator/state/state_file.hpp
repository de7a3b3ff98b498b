// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/new_file.hpp"
#include "io/file/posix_append_file.hpp"
#include "io/names/parsed.hpp"
#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/state/state_record.hpp"
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
/// and, if it is damaged, the line and what to do.
struct StateProblem {
    std::string text;
    bool is_in_use = false;  ///< another simulator holds the file
};

/// The parts of a simulator that the file contains.
struct SavedParts {
    KmsModel& model;
    Callers& callers;
};

/// A file with the current state of a simulator. Each change is appended before the response to its
/// request is sent, so that no acknowledged change is lost if the process is killed. (A power loss
/// can lose the last seconds, because the file is synced to disk only at the start, when it is
/// rewritten, and at the end.)
///
/// The file consists of lines whose checksums form a chain (state_record.hpp). The first is
/// {"state":{"version":4,"seed":1,"starts":1}}; then follow the records of the model (KmsModel), of
/// the callers (Callers) and {"time":{"machine_ms":0,"wall_ms":0,"rate":1}} (TimeSetting). The
/// records of the whole state come first and end with {"complete":{"records":9}}; the records of
/// later changes follow. If there are several records for an object, the last one applies. An
/// incomplete last line is ignored, because its request has not been answered. Missing lines are
/// detected, except at the end of the file, where they cannot be distinguished from the effect of a
/// kill. A new file has mode 0600. The file is rewritten atomically, keeping its mode and owner, at
/// each start and whenever it has doubled in size since the last rewrite. From open() on, a lock
/// prevents a second simulator from using the file.
class StateFile {
  public:
    /// Opens or creates the file, locks it and verifies it; `path` must be a regular file or not
    /// exist (symbolic links are rejected). `seed` must be the same at every start.
    [[nodiscard]] static boost::system::result<std::unique_ptr<StateFile>, StateProblem> open(
        const std::string& path, std::uint64_t seed);

    /// Removes a new file if begin() was not called.
    ~StateFile();
    StateFile(const StateFile&) = delete;
    StateFile& operator=(const StateFile&) = delete;

    /// 1 for a new file.
    [[nodiscard]] std::uint64_t start() const noexcept { return starts_ + 1; }

    /// Sets `time` to continue from the time in the file, if there is one. Must be called before
    /// load().
    [[nodiscard]] std::optional<StateProblem> restore_time(TimeControl& time);

    /// Loads what the file contains; does nothing for a new file. The roles must have been added to
    /// the callers.
    [[nodiscard]] std::optional<StateProblem> load(const SavedParts& parts,
                                                   const SimulatedTime& time);

    /// Records this start, rewrites the file and syncs it to disk. Must be called once, after
    /// load() and before save(). The parts then start to record their changes.
    [[nodiscard]] std::optional<StateProblem> begin(const SavedParts& parts,
                                                    const TimeControl& time);

    /// Writes the changes since the last call and, while time is faster than the machine's clock,
    /// the time.
    [[nodiscard]] std::optional<StateProblem> save(const SavedParts& parts,
                                                   const TimeControl& time);

    /// Syncs the file to disk. Call this at the end.
    [[nodiscard]] std::optional<StateProblem> sync();

  private:
    StateFile(std::string path, std::uint64_t seed) : path_(std::move(path)), seed_(seed) {}

    [[nodiscard]] std::error_code create();
    [[nodiscard]] std::optional<StateProblem> lock();
    [[nodiscard]] std::optional<StateProblem> verify();
    [[nodiscard]] std::optional<StateProblem> read_header(std::string_view line);
    [[nodiscard]] std::optional<StateProblem> rewrite(const SavedParts& parts,
                                                      const TimeControl& time);
    [[nodiscard]] StateProblem problem(std::string_view action, std::error_code error) const;
    [[nodiscard]] StateProblem problem_in(std::uint64_t line, std::string_view text) const;
    /// Like problem_in(), but also says what the user can do; `whole_lines` is 0 if the state
    /// before the damage is not complete.
    [[nodiscard]] StateProblem damage_in(std::uint64_t line,
                                         std::string_view text,
                                         std::uint64_t whole_lines) const;

    std::string path_;
    std::uint64_t seed_;
    std::uint64_t starts_ = 0;
    bool is_new_ = false;
    std::unique_ptr<io::PosixAppendFile> previous_;  ///< locked; null after begin()
    std::unique_ptr<io::NewFile> current_;           ///< locked; null before begin()
    RecordChain chain_;                              ///< the chain of `current_`
    std::uint64_t bytes_ = 0;
    std::uint64_t bytes_rewritten_ = 0;  ///< size after the last rewrite
    std::optional<TimeSetting> time_saved_;
};

}  // namespace keyferry::simulator
