// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/export/export_target.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <string_view>
#include <sys/stat.h>

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
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return target;  // does not exist, or creating the file reports the error
    }
    if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
        target.kind = ExportTarget::Kind::stream;
    } else if (S_ISLNK(status.st_mode)) {
        target.refusal = path + " is a symbolic link, which is not followed; name the file itself";
    } else if (!S_ISREG(status.st_mode)) {
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
