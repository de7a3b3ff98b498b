// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/job_name_index.hpp"

#include <algorithm>
#include <iterator>

namespace keyferry::engine {
namespace {

constexpr std::string_view kIdStart = "mrk-";

int hex_digit(char digit) noexcept {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool read_id(std::string_view text, std::array<std::uint8_t, 16>& id) noexcept {
    if (!text.starts_with(kIdStart) || text.size() != kIdStart.size() + 2 * id.size()) {
        return false;
    }
    text.remove_prefix(kIdStart.size());
    for (std::size_t index = 0; index < id.size(); ++index) {
        const int high = hex_digit(text[2 * index]);
        const int low = hex_digit(text[2 * index + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        id[index] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

/// Removes and returns the part of `text` after the last `separator`.
std::string_view take_last(std::string_view& text, char separator) noexcept {
    const std::size_t at = text.rfind(separator);
    const std::string_view part = at == std::string_view::npos ? text : text.substr(at + 1);
    text = at == std::string_view::npos ? std::string_view() : text.substr(0, at);
    return part;
}

}  // namespace

bool JobNameIndex::read_name(const JournalJobRecord& record, Name& name) {
    std::string_view arn = record.key;  // arn:aws:kms:REGION:ACCOUNT:key/ID
    if (!read_id(take_last(arn, '/'), name.id) || take_last(arn, ':') != "key") {
        return false;
    }
    PrimaryLocation place;
    place.second = take_last(arn, ':');
    place.first = take_last(arn, ':');
    const auto [found, is_new] =
        index_of_place_.try_emplace(place, static_cast<std::uint32_t>(places_.size()));
    if (is_new) {
        places_.push_back(std::move(place));
    }
    name.place = found->second;
    auto region = std::find(regions_.begin(), regions_.end(), record.region);
    if (region == regions_.end()) {
        regions_.emplace_back(record.region);
        region = std::prev(regions_.end());
    }
    name.region = static_cast<std::uint32_t>(region - regions_.begin());
    return true;
}

void JobNameIndex::note(const JournalJobRecord& record) {
    NamedJob named;
    named.job = record.job;
    if (!read_name(record, named.name)) {
        noted_no_name_ = true;
        return;
    }
    noted_.push_back(named);
    if (noted_.size() >= sort_noted_at_) {
        sort_noted();  // most jobs have three records, so names repeat
        sort_noted_at_ = std::max(kSortNotedMin, 2 * noted_.size());
    }
}

/// In the order of a plan's jobs.
bool JobNameIndex::is_before(const Name& a, const Name& b) const {
    if (a.place != b.place) {
        return places_[a.place] < places_[b.place];
    }
    return a.id != b.id ? a.id < b.id : regions_[a.region] < regions_[b.region];
}

bool JobNameIndex::may_follow(const NamedJob& a, const NamedJob& b) const {
    return a.job < b.job && is_before(a.name, b.name);
}

void JobNameIndex::sort_noted() {
    std::stable_sort(noted_.begin(), noted_.end(), [](const NamedJob& a, const NamedJob& b) {
        return a.job < b.job;
    });
    noted_.erase(std::unique(noted_.begin(), noted_.end()), noted_.end());
}

bool JobNameIndex::fits(const NamedJobs& taken, const NamedJob& job) const {
    const auto next =
        std::lower_bound(taken.begin(), taken.end(), job, [](const NamedJob& a, const NamedJob& b) {
            return a.job < b.job;
        });
    if (next != taken.end() && *next == job) {
        return true;
    }
    return (next == taken.begin() || may_follow(*std::prev(next), job)) &&
           (next == taken.end() || may_follow(job, *next));
}

bool JobNameIndex::take_noted() {
    sort_noted();
    const auto breaks_order = [&](const NamedJob& a, const NamedJob& b) {
        return !may_follow(a, b);
    };
    bool fit = !noted_no_name_ &&
               std::adjacent_find(noted_.begin(), noted_.end(), breaks_order) == noted_.end();
    for (const NamedJobs& taken : taken_) {
        fit = fit && std::all_of(noted_.begin(), noted_.end(), [&](const NamedJob& job) {
                  return fits(taken, job);
              });
    }
    if (fit) {
        add_noted();
    }
    noted_ = {};
    noted_no_name_ = false;
    return fit;
}

void JobNameIndex::take_noted_that_fit() {
    sort_noted();
    NamedJobs fitting;
    for (const NamedJob& job : noted_) {
        if (fitting.empty() || may_follow(fitting.back(), job)) {
            fitting.push_back(job);
        }
    }
    noted_ = std::move(fitting);
    noted_no_name_ = false;
    take_noted();
}

void JobNameIndex::add_noted() {
    taken_.push_back(std::move(noted_));
    while (taken_.size() > 1 && taken_[taken_.size() - 2].size() < 2 * taken_.back().size()) {
        const NamedJobs last = std::move(taken_.back());
        taken_.pop_back();
        NamedJobs merged;
        merged.reserve(last.size() + taken_.back().size());
        std::set_union(taken_.back().begin(),
                       taken_.back().end(),
                       last.begin(),
                       last.end(),
                       std::back_inserter(merged),
                       [](const NamedJob& a, const NamedJob& b) { return a.job < b.job; });
        taken_.back() = std::move(merged);
    }
}

}  // namespace keyferry::engine
