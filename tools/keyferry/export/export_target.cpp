// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/export/export_target.hpp"

#include "io/file/output_file.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

namespace keyferry::cli {

namespace {

/// The first bytes of every journal.
constexpr std::string_view kJournalStart = R"({"n":0,"k":0,"p":"00000000")";

bool is_journal(const std::string& path) {
    std::unique_ptr<io::PosixAppendFile> file;
    if (io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_only, file)) {
        return false;
    }
    std::array<char, kJournalStart.size()> start{};
    std::size_t got = 0;
    const std::error_code error = file->read(0, start, got);
    return !error && std::string_view(start.data(), got) == kJournalStart;
}

}  // namespace

ExportTarget inspect_target(const std::string& path, bool force) {
    ExportTarget target;
    io::OutputTarget at;
    if (io::inspect_output(path, at)) {
        return target;  // the error is reported when the file is created
    }
    std::error_code ignored;
    if (at.kind == io::OutputTarget::Kind::stream) {
        target.kind = ExportTarget::Kind::stream;
    } else if (std::filesystem::is_symlink(std::filesystem::symlink_status(path, ignored))) {
        target.refusal =
            path +
            " is a symbolic link; symbolic links are not followed, so specify the file itself";
    } else if (at.kind == io::OutputTarget::Kind::absent) {
        return target;
    } else if (at.kind != io::OutputTarget::Kind::file) {
        target.refusal = path + " exists and is not a regular file; choose another name";
    } else if (is_journal(path)) {
        target.refusal = path +
                         " is a keyferry journal and is not overwritten. To export it: keyferry "
                         "journal export " +
                         path + " --csv=FILE";
    } else {
        target.kind = ExportTarget::Kind::file;
        target.refusal = force ? "" : path + " exists; use --force to overwrite it";
    }
    return target;
}

std::string source_problem(io::PosixAppendFile& from, const std::string& path) {
    bool is_source = false;
    if (from.is_at(path, is_source) || !is_source) {
        return {};
    }
    return path + " is the journal itself; choose another file";
}

}  // namespace keyferry::cli
