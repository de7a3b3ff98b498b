// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/fleet_journals.hpp"

#include "engine/journal/read/binding.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "io/file/posix_append_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace keyferry::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 10'000;
/// File times are less precise than the times of records.
constexpr std::chrono::seconds kFileTimeError{2};

/// Opens the file at `path` for reading if it starts like a journal. Otherwise returns null.
std::unique_ptr<io::PosixAppendFile> open_if_journal(const std::string& path) {
    constexpr std::string_view kMark = R"("fmt":"keyferry-journal")";
    std::unique_ptr<io::PosixAppendFile> file;
    std::array<char, 256> start{};
    std::size_t got = 0;
    if (io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_only, file) ||
        file->read(0, start, got) ||
        std::string_view(start.data(), got).find(kMark) == std::string_view::npos) {
        return nullptr;
    }
    return file;
}

bool is_held(io::PosixAppendFile& file) {
    bool held = false;
    return !file.find_lock(held) && held;
}

/// Whether the file was written at `moment` or later. True if the file time is unknown.
bool is_written_since(const fs::directory_entry& entry, io::WallTime moment) {
    std::error_code error;
    const fs::file_time_type time = entry.last_write_time(error);
    return error || std::chrono::time_point_cast<std::chrono::milliseconds>(
                        std::chrono::file_clock::to_sys(time)) +
                            kFileTimeError >=
                        moment;
}

}  // namespace

FleetJournals::FleetJournals(const SyncOptions& options, std::string fleet, const KmsAccess& kms)
    : fleet_(std::move(fleet)),
      filter_(planner::filter_text(options.filter.filter)),
      kms_(kms),
      own_(options.undo) {
    std::vector<std::string> paths = options.undo;
    paths.push_back(options.journal);
    paths.push_back(options.fleet);
    std::set<fs::path> known;
    for (const std::string& path : paths) {
        const fs::path folder = fs::path(path).parent_path();
        std::error_code error;
        const fs::path canonical = fs::canonical(folder.empty() ? fs::path(".") : folder, error);
        if (!path.empty() && !error && known.insert(canonical).second) {
            folders_.push_back(folder.empty() ? "" : (folder / "").string());
        }
    }
}

std::string FleetJournals::running() const {
    std::string found;
    visit_files(io::WallTime(), [&](const std::string& path) {
        const std::unique_ptr<io::PosixAppendFile> file = open_if_journal(path);
        if (!file || !is_held(*file) || is_own(path)) {
            return false;
        }
        const engine::JournalResult<engine::JournalView> view = engine::view_journal(path);
        if (view && conflicts(view->replay)) {
            found = path;
        }
        return !found.empty();
    });
    return found;
}

std::string FleetJournals::written_after(io::WallTime moment) const {
    std::string found;
    visit_files(moment, [&](const std::string& path) {
        if (!open_if_journal(path) || is_own(path)) {
            return false;
        }
        const engine::JournalResult<engine::JournalView> view = engine::view_journal(path);
        if (view && conflicts(view->replay) && view->replay.last_record() > moment) {
            found = path;
        }
        return !found.empty();
    });
    return found;
}

std::vector<engine::RecordedChanges> FleetJournals::changes_since(
    io::WallTime moment, planner::SharedTexts& texts) const {
    std::vector<engine::RecordedChanges> all;
    visit_files(moment, [&](const std::string& path) {
        const std::unique_ptr<io::PosixAppendFile> file = open_if_journal(path);
        if (!file || is_held(*file) || is_own(path)) {
            return false;
        }
        engine::JournalResult<engine::RecordedChanges> recorded =
            engine::read_recorded_changes(*file, path, texts);
        if (recorded && is_of_fleet(recorded->header) && recorded->last_record >= moment) {
            all.push_back(*std::move(recorded));
        }
        return false;
    });
    std::stable_sort(
        all.begin(), all.end(), [](const auto& a, const auto& b) { return a.created < b.created; });
    return all;
}

void FleetJournals::visit_files(io::WallTime moment,
                                const std::function<bool(const std::string& path)>& visit) const {
    for (const std::string& folder : folders_) {
        std::size_t files = 0;
        std::error_code error;
        for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end;
             !error && at != end && files < kFilesMax;
             at.increment(error), ++files) {
            std::error_code ignored;
            if (at->is_regular_file(ignored) && is_written_since(*at, moment) &&
                visit(folder + at->path().filename().string())) {
                return;
            }
        }
    }
}

bool FleetJournals::is_own(const std::string& path) const {
    return std::any_of(own_.begin(), own_.end(), [&](const std::string& own) {
        std::error_code error;
        return fs::equivalent(own, path, error) && !error;
    });
}

bool FleetJournals::conflicts(const engine::JournalReplay& replay) const {
    const std::string& theirs =
        replay.runs().empty() ? std::string() : replay.runs().back().process.filter;
    return is_of_fleet(replay.header()) && (filter_.empty() || theirs.empty() || theirs == filter_);
}

bool FleetJournals::is_of_fleet(const engine::JournalHeader& header) const {
    return header.verb != engine::JournalVerb::run && header.fleet == fleet_ &&
           header.simulated == kms_.is_simulated() &&
           !engine::endpoint_difference(kms_.journal_access(), header.access);
}

}  // namespace keyferry::cli
