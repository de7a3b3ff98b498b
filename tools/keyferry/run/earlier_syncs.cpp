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

/// The names in `folder` of default journals of syncs before `name` and after the last undo, latest
/// first.
std::vector<std::string> earlier_names(const fs::path& folder, const std::string& name) {
    constexpr std::string_view kSuffix = ".journal";
    const std::string stem = name.substr(0, name.rfind(".sync-"));
    const std::string sync = stem + ".sync-";
    const std::string undo = stem + ".undo-";
    std::vector<std::string> names;
    std::string last_undo;  // its time
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        std::string each = at->path().filename().string();
        if (!each.ends_with(kSuffix)) {
            continue;
        }
        if (each.starts_with(undo)) {
            last_undo = std::max(last_undo, each.substr(undo.size()));
        } else if (each.starts_with(sync) && each < name) {
            names.push_back(std::move(each));
        }
    }
    std::erase_if(names,
                  [&](const std::string& each) { return each.substr(sync.size()) < last_undo; });
    std::sort(names.begin(), names.end(), std::greater<>());
    names.resize(std::min(names.size(), kJournalsReadMax));
    return names;
}

}  // namespace

EarlierSyncs find_earlier_syncs(const std::string& journal, const std::string& fleet) {
    const fs::path path(journal);
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    EarlierSyncs earlier;
    for (const std::string& name : earlier_names(folder, path.filename().string())) {
        const std::string each = (path.parent_path() / name).string();
        const engine::JournalResult<engine::JournalView> view = engine::view_journal(each);
        if (!view || view->replay.header().fleet != fleet ||
            view->replay.header().verb != engine::JournalVerb::sync) {
            continue;
        }
        if (view->held) {
            earlier.running = each;
            break;
        }
        const std::vector<engine::ReplayedRun>& runs = view->replay.runs();
        if (!runs.empty() && runs.back().end == "finished") {
            break;
        }
        if (view->replay.counts().of(engine::JobPhase::not_started) < view->replay.header().jobs) {
            earlier.interrupted.insert(earlier.interrupted.begin(), each);
        }
    }
    return earlier;
}

}  // namespace keyferry::cli
