// SPDX-License-Identifier: Apache-2.0
#include "engine/survey/content_reads.hpp"

#include "planner/policy/canonical_policy.hpp"
#include "planner/spec/alias_list.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry::engine {

namespace {

constexpr std::int32_t kTagsOfPage = 50;
constexpr std::int32_t kAliasesOfPage = 100;

/// Returns the marker of the page after `page`, or null after the last page. Also returns null if
/// the list is invalid, because it is endless or a marker is missing. `makes_sense` distinguishes
/// the two cases.
template <typename Page>
const std::string* marker_behind(const Page& page,
                                 std::vector<std::string>& markers,
                                 bool& makes_sense) {
    makes_sense = true;
    if (!page.truncated) {
        return nullptr;
    }
    makes_sense = page.next_marker && markers.size() + 1 < ContentReads::kPagesMax &&
                  std::find(markers.begin(), markers.end(), *page.next_marker) == markers.end();
    if (!makes_sense) {
        return nullptr;
    }
    markers.push_back(*page.next_marker);
    return &markers.back();
}

planner::LookupStatus worse_of(planner::LookupStatus a, planner::LookupStatus b) {
    const planner::LookupStatus taken =
        a == planner::LookupStatus::not_requested ? planner::LookupStatus::found : a;
    return b == planner::LookupStatus::not_requested || taken > b ? taken : b;
}

bool has_twice(const std::vector<io::Tag>& tags) {
    std::vector<std::string_view> keys;
    for (const io::Tag& tag : tags) {
        keys.push_back(tag.key);
    }
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

}  // namespace

planner::LookupStatus ContentResult::worst() const noexcept {
    return worse_of(worse_of(policy, tags), aliases_status);
}

bool ContentResult::is_content_complete() const noexcept {
    return worse_of(policy, tags) == planner::LookupStatus::found;
}

/// The reads of one key, from the request until all reads have ended.
struct ContentReads::Reading {
    Reading(const io::KeyArn& key, std::function<void(ContentResult)> done_)
        : place(key.account, key.region), arn(key.text()), done(std::move(done_)) {}

    io::AccountRegion place;
    std::string arn;
    std::function<void(ContentResult)> done;
    ContentResult read;
    std::vector<std::string> tag_markers;  ///< markers of the pages read so far
    std::vector<std::string> alias_markers;
    int parts_open = 0;
};

void ContentReads::ask(const io::KeyArn& key,
                       const ContentRequest& parts,
                       std::optional<std::string> description,
                       std::function<void(ContentResult)> done) {
    auto reading = std::make_shared<Reading>(key, std::move(done));
    if (parts.content.description) {
        reading->read.content.description = std::move(description).value_or("");
    }
    reading->parts_open =
        1 + (parts.content.policy ? 1 : 0) + (parts.content.tags ? 1 : 0) + (parts.aliases ? 1 : 0);
    if (parts.content.policy) {
        read_policy(reading);
    }
    if (parts.content.tags) {
        reading->read.content.tags.emplace();
        read_tags(reading, std::nullopt);
    }
    if (parts.aliases) {
        read_aliases(reading, std::nullopt);
    }
    finish_part(*reading);  // the description is already known
}

void ContentReads::read_policy(std::shared_ptr<Reading> reading) {
    io::AccountRegion place = reading->place;
    io::GetKeyPolicyRequest request(reading->arn);
    reads_.ask(std::move(place),
               std::move(request),
               [this, reading = std::move(reading)](const auto& outcome) {
                   reading->read.policy = on_policy(*reading, outcome);
                   finish_part(*reading);
               });
}

planner::LookupStatus ContentReads::on_policy(Reading& reading,
                                              const FinalOutcome<io::GetKeyPolicyResult>& outcome) {
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        return failure->lookup;
    }
    std::optional<std::string> policy =
        planner::canonical_policy(std::get<io::GetKeyPolicyResult>(outcome).policy);
    if (!policy) {
        return planner::LookupStatus::unreadable;
    }
    reading.read.content.policy = policies_.share(*std::move(policy));
    return planner::LookupStatus::found;
}

void ContentReads::read_tags(std::shared_ptr<Reading> reading, std::optional<std::string> marker) {
    io::AccountRegion place = reading->place;
    io::ListResourceTagsRequest request(reading->arn);
    request.limit = kTagsOfPage;
    request.marker = std::move(marker);
    reads_.ask(
        std::move(place),
        std::move(request),
        [this, reading = std::move(reading)](const auto& outcome) { on_tags(reading, outcome); });
}

void ContentReads::on_tags(const std::shared_ptr<Reading>& reading,
                           const FinalOutcome<io::ListResourceTagsResult>& outcome) {
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        finish_tags(*reading, failure->lookup);
        return;
    }
    const auto& page = std::get<io::ListResourceTagsResult>(outcome);
    std::vector<io::Tag>& tags = *reading->read.content.tags;
    tags.insert(tags.end(), page.tags.begin(), page.tags.end());
    bool makes_sense = true;
    if (const std::string* marker = marker_behind(page, reading->tag_markers, makes_sense)) {
        read_tags(reading, *marker);
        return;
    }
    finish_tags(*reading,
                makes_sense ? planner::LookupStatus::found : planner::LookupStatus::no_response);
}

void ContentReads::finish_tags(Reading& reading, planner::LookupStatus status) {
    if (status == planner::LookupStatus::found && has_twice(*reading.read.content.tags)) {
        status = planner::LookupStatus::no_response;  // the list changed while it was being read
    }
    reading.read.tags = status;
    std::optional<std::vector<io::Tag>>& tags = reading.read.content.tags;
    if (status == planner::LookupStatus::found) {
        tags = planner::copyable_tags(*std::move(tags));
    } else {
        tags.reset();  // incomplete or inconsistent
    }
    finish_part(reading);
}

void ContentReads::read_aliases(std::shared_ptr<Reading> reading,
                                std::optional<std::string> marker) {
    io::AccountRegion place = reading->place;
    io::ListAliasesRequest request;
    request.key_id = reading->arn;
    request.limit = kAliasesOfPage;
    request.marker = std::move(marker);
    reads_.ask(std::move(place),
               std::move(request),
               [this, reading = std::move(reading)](const auto& outcome) {
                   on_aliases(reading, outcome);
               });
}

void ContentReads::on_aliases(const std::shared_ptr<Reading>& reading,
                              const FinalOutcome<io::ListAliasesResult>& outcome) {
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        finish_aliases(*reading, failure->lookup);
        return;
    }
    const auto& page = std::get<io::ListAliasesResult>(outcome);
    for (const io::AliasListEntry& alias : page.aliases) {
        reading->read.aliases.push_back(alias.alias_name);
    }
    bool makes_sense = true;
    if (const std::string* marker = marker_behind(page, reading->alias_markers, makes_sense)) {
        read_aliases(reading, *marker);
        return;
    }
    finish_aliases(*reading,
                   makes_sense ? planner::LookupStatus::found : planner::LookupStatus::no_response);
}

void ContentReads::finish_aliases(Reading& reading, planner::LookupStatus status) {
    reading.read.aliases_status = status;
    std::vector<std::string>& names = reading.read.aliases;
    names = status == planner::LookupStatus::found ? planner::copyable_aliases(std::move(names))
                                                   : std::vector<std::string>();
    finish_part(reading);
}

void ContentReads::finish_part(Reading& reading) {
    if (--reading.parts_open == 0) {
        reading.done(std::move(reading.read));
    }
}

}  // namespace keyferry::engine
