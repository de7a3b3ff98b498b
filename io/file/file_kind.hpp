// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The types of files that keyferry writes or reads, identified by their leading bytes. A command
/// replaces only files of the type that it writes (output_file.hpp).
enum class FileKind : std::uint8_t {
    empty,
    fleet_spec,  ///< a line begins with "[fleet]"
    saved_plan,
    journal,
    simulator_state,
    simulator_ledger,
    simulator_certificate,
    csv_export,
    sqlite_export,
    other,
};

/// Number of bytes that file_kind() needs, except for fleet specs that begin with longer comments.
inline constexpr std::size_t kFileKindBytes = 128;

/// The first line of the simulator's certificate files. PEM readers skip text before the
/// certificate. Without this line, the files could not be distinguished from other CA bundles.
inline constexpr std::string_view kCertificateFileBeginning =
    "# CA certificate of keyferry simulate\n";

/// The application_id of SQLite databases that keyferry writes: "kfex".
inline constexpr std::uint32_t kSqliteApplicationId = 0x6b666578;

/// Returns the kind of a file that begins with `bytes`.
[[nodiscard]] FileKind file_kind(std::string_view bytes) noexcept;

/// Returns the kind with its article: "a saved plan". For `other`: "a different file".
[[nodiscard]] std::string_view name_of(FileKind kind) noexcept;

/// Describes a file of another kind than `wanted`, for a message after its name and "is": "a saved
/// plan, not a fleet spec; 'keyferry show', 'check' and 'run' read saved plans". Empty if the file
/// may be of the kind `wanted`, or is of no known kind.
[[nodiscard]] std::string wrong_kind_text(FileKind kind, FileKind wanted);

}  // namespace keyferry::io
