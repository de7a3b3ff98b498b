// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/earlier_syncs.hpp"

#include "engine/journal/read/scan_file.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>

namespace keyferry::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kJournalsReadMax = 10;

/// The file names in `folder` of default journals with `verb` that are older than `name` but newer
/// than the last journal with the other verb, latest first.
std::vector<std::string> earlier_names(const fs::path& folder,
                                       const std::string& name,
                                       engine::JournalVerb verb) {
    constexpr std::string_view kSuffix = ".journal";
    const bool is_undo = verb == engine::JournalVerb::undo;
    const std::string stem = name.substr(0, name.rfind(is_undo ? ".undo-" : ".sync-"));
    const std::string same = stem + (is_undo ? ".undo-" : ".sync-");
    const std::string other = stem + (is_undo ? ".sync-" : ".undo-");
    std::vector<std::string> names;
    std::string last_other;  // time of the last journal with the other verb
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        std::string each = at->path().filename().string();
        if (!each.ends_with(kSuffix)) {
            continue;
        }
        if (each.starts_with(other)) {
            last_other = std::max(last_other, each.substr(other.size()));
        } else if (each.starts_with(same) && each < name) {
            names.push_back(std::move(each));
        }
    }
    std::erase_if(names,
                  [&](const std::string& each) { return each.substr(same.size()) < last_other; });
    std::sort(names.begin(), names.end(), std::greater<>());
    names.resize(std::min(names.size(), kJournalsReadMax));
    return names;
}

}  // namespace

std::vector<std::string> find_interrupted(const std::string& journal,
                                          const std::string& fleet,
                                          engine::JournalVerb verb) {
    const fs::path path(journal);
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::vector<std::string> interrupted;
    for (const std::string& name : earlier_names(folder, path.filename().string(), verb)) {
        const std::string each = (path.parent_path() / name).string();
        const engine::JournalResult<engine::JournalView> view = engine::view_journal(each);
        if (!view || view->replay.header().fleet != fleet || view->replay.header().verb != verb) {
            continue;
        }
        const std::vector<engine::ReplayedRun>& runs = view->replay.runs();
        if (view->held || (!runs.empty() && runs.back().end == "finished")) {
            break;
        }
        if (view->replay.counts().of(engine::JobPhase::not_started) < view->replay.header().jobs) {
            interrupted.insert(interrupted.begin(), each);
        }
    }
    return interrupted;
}

}  // namespace keyferry::cli
