// SPDX-License-Identifier: Apache-2.0
#include "io/file/file_kind.hpp"

#include <array>
#include <utility>

namespace keyferry::io {
namespace {

constexpr std::array kBeginnings{
    std::pair(std::string_view(R"({"format":"keyferry-plan")"), FileKind::saved_plan),
    std::pair(std::string_view(R"({"n":0,"k":0,"p":"00000000")"), FileKind::journal),
    std::pair(std::string_view(R"({"state":)"), FileKind::simulator_state),
    std::pair(std::string_view(R"({"time_ms":)"), FileKind::simulator_ledger),
    std::pair(kCertificateFileBeginning, FileKind::simulator_certificate),
    std::pair(std::string_view("job,primary,region,outcome,"), FileKind::csv_export),
};

/// Whether `bytes` begin an SQLite database with our application ID, which is stored in big-endian
/// byte order.
bool is_sqlite_export(std::string_view bytes) noexcept {
    constexpr std::string_view kSqlite("SQLite format 3\0", 16);
    constexpr std::size_t kApplicationIdAt = 68;
    if (!bytes.starts_with(kSqlite) || bytes.size() < kApplicationIdAt + 4) {
        return false;
    }
    std::uint32_t id = 0;
    for (const char byte : bytes.substr(kApplicationIdAt, 4)) {
        id = id << 8U | static_cast<unsigned char>(byte);
    }
    return id == kSqliteApplicationId;
}

/// Whether a line of TOML in `bytes` begins the table of a fleet.
bool has_fleet_table(std::string_view bytes) noexcept {
    constexpr std::string_view kLine = "\n[fleet]";
    return bytes.starts_with(kLine.substr(1)) || bytes.find(kLine) != std::string_view::npos;
}

/// The commands that read files of this kind; empty if there are none.
std::string_view readers_of(FileKind kind) noexcept {
    switch (kind) {
        case FileKind::fleet_spec:
            return "; 'keyferry plan FLEET --out PLAN' creates a saved plan from a fleet spec, and "
                   "'keyferry run FLEET' a journal";
        case FileKind::saved_plan:
            return "; 'keyferry show', 'check' and 'run' read saved plans";
        case FileKind::journal:
            return "; 'keyferry status' reads journals";
        default:
            return "";
    }
}

}  // namespace

FileKind file_kind(std::string_view bytes) noexcept {
    if (bytes.empty()) {
        return FileKind::empty;
    }
    for (const auto& [beginning, kind] : kBeginnings) {
        if (bytes.starts_with(beginning)) {
            return kind;
        }
    }
    if (is_sqlite_export(bytes)) {
        return FileKind::sqlite_export;
    }
    return has_fleet_table(bytes) ? FileKind::fleet_spec : FileKind::other;
}

std::string_view name_of(FileKind kind) noexcept {
    switch (kind) {
        case FileKind::empty:
            return "an empty file";
        case FileKind::fleet_spec:
            return "a fleet spec";
        case FileKind::saved_plan:
            return "a saved plan";
        case FileKind::journal:
            return "a keyferry journal";
        case FileKind::simulator_state:
            return "a state file of keyferry simulate";
        case FileKind::simulator_ledger:
            return "a ledger of keyferry simulate";
        case FileKind::simulator_certificate:
            return "a CA certificate of keyferry simulate";
        case FileKind::csv_export:
            return "a CSV export of a journal";
        case FileKind::sqlite_export:
            return "an SQLite export of a journal";
        case FileKind::other:
            break;
    }
    return "a different file";
}

std::string wrong_kind_text(FileKind kind, FileKind wanted) {
    if (kind == wanted || kind == FileKind::empty || kind == FileKind::other) {
        return {};
    }
    return std::string(name_of(kind))
        .append(", not ")
        .append(name_of(wanted))
        .append(readers_of(kind));
}

}  // namespace keyferry::io
