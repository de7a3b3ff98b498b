// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/descriptor.hpp"
#include "io/file/file_kind.hpp"
#include "io/file/new_file.hpp"
#include "io/file/posix_append_file.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// Output to paths that the user specifies. All commands follow the same rules:
// - "-" is standard output. Standard output, other descriptors of the process (/dev/stdout), FIFOs
//   and character devices are written to directly. Renaming a file to such a path would replace it;
//   root could even replace /dev/null.
// - Symbolic links are rejected, except those that lead to a descriptor of the process. Folders,
//   block devices and sockets are rejected.
// - An existing file is replaced if it is empty or of the kind that the command writes; otherwise,
//   only with --force. A journal or a file that a process has locked is never replaced.
// - A regular file is written under an unpredictable temporary name and then renamed, so that an
//   incomplete file is never visible. It gets the mode and owner of the file that it replaces; a
//   new file has mode 0600.

namespace keyferry::io {

/// What a command writes, and what it may replace.
struct OutputRule {
    FileKind kind = FileKind::other;  ///< the kind of file that is written
    bool force = false;               ///< --force: also replace files of other kinds
    bool allows_streams = true;       ///< false for formats that cannot be written to a stream
};

/// Why an output cannot be written.
struct OutputProblem {
    std::string text;         ///< names the path and says what to do; without a full stop
    bool is_refusal = false;  ///< whether the rules reject the path; false for system errors
    bool is_locked = false;   ///< whether the path is rejected because a process has locked the
                              ///< file
};

template <typename T>
using OutputResult = boost::system::result<T, OutputProblem>;

/// What exists at an output path that the rules allow.
struct OutputTarget {
    enum class Kind : std::uint8_t {
        absent,
        file,    ///< a regular file
        stream,  ///< a FIFO, a character device, or a descriptor of this process (/dev/stdout)
    };
    Kind kind = Kind::absent;
    std::optional<int> descriptor;  ///< set if the path is a descriptor of this process

    [[nodiscard]] bool is_stdout() const noexcept { return descriptor == 1; }
};

/// Applies the rules that do not depend on the content of an existing file.
[[nodiscard]] OutputResult<OutputTarget> inspect_output(const std::string& path,
                                                        bool allows_streams);

/// Applies all rules and checks that the folder of `path` is writable. Call this before work whose
/// result would be lost if the output were rejected.
[[nodiscard]] OutputResult<OutputTarget> check_output(const std::string& path,
                                                      const OutputRule& rule);

/// An output that is being written.
class OutputFile {
  public:
    /// Applies the rules and opens a temporary file or the stream. If the path is a FIFO, waits
    /// until another process opens it for reading.
    [[nodiscard]] static OutputResult<std::unique_ptr<OutputFile>> open(const std::string& path,
                                                                        const OutputRule& rule);

    /// Whether the bytes go to a stream, where each append is visible immediately.
    [[nodiscard]] bool is_stream() const noexcept { return file_ == nullptr; }
    /// The temporary file, for a writer that needs its path; null for a stream.
    [[nodiscard]] NewFile* file() noexcept { return file_.get(); }
    [[nodiscard]] std::error_code append(std::string_view bytes);
    /// Syncs the temporary file, applies the rules again, and renames the file to its final name.
    /// More content may be appended afterwards. Does nothing for a stream.
    [[nodiscard]] std::optional<OutputProblem> publish();

  private:
    OutputFile(std::string path, const OutputRule& rule) : path_(std::move(path)), rule_(rule) {}
    /// Applies the rules again before the existing file is replaced.
    [[nodiscard]] std::optional<OutputProblem> prepare_replacing();

    std::string path_;
    OutputRule rule_;
    std::unique_ptr<PosixAppendFile> replaced_;  ///< the file that will be replaced
    std::unique_ptr<NewFile> file_;
    Descriptor stream_;
};

/// Writes an output. Calls `write` with a function `sink`; `write` must pass the content to `sink`,
/// in any number of pieces.
[[nodiscard]] std::optional<OutputProblem> write_output(
    const std::string& path,
    const OutputRule& rule,
    const std::function<void(const std::function<void(std::string_view)>& sink)>& write);

}  // namespace keyferry::io
