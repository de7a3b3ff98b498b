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

/// The marker of the page behind `page`; null where it is the last, and where the list does not
/// come to its end and would be asked for without one, which `makes_sense` tells apart.
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
        a == planner::LookupStatus::not_requested ? planner::LookupStatus::seen : a;
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

planner::LookupStatus ReadContent::worst() const noexcept {
    return worse_of(worse_of(policy, tags), aliases_look);
}

bool ReadContent::is_content_whole() const noexcept {
    return worse_of(policy, tags) == planner::LookupStatus::seen;
}

/// One key's parts, from when they are asked for until all are there or cannot be.
struct ContentReads::Reading {
    Reading(const io::KeyArn& key, std::function<void(ReadContent)> done_)
        : place(key.account, key.region), arn(key.text()), done(std::move(done_)) {}

    io::AccountRegion place;
    std::string arn;
    std::function<void(ReadContent)> done;
    ReadContent read;
    std::vector<std::string> tag_markers;  ///< of the pages so far
    std::vector<std::string> alias_markers;
    int parts_open = 0;
};

void ContentReads::ask(const io::KeyArn& key,
                       const PartsToRead& parts,
                       std::optional<std::string> description,
                       std::function<void(ReadContent)> done) {
    auto reading = std::make_shared<Reading>(key, std::move(done));
    if (parts.content.description) {
        reading->read.content.description = std::move(description).value_or("");
    }
    reading->parts_open =
        1 + (parts.content.policy ? 1 : 0) + (parts.content.tags ? 1 : 0) + (parts.aliases ? 1 : 0);
    if (parts.content.policy) {
        ask_policy(reading);
    }
    if (parts.content.tags) {
        reading->read.content.tags.emplace();
        ask_tags(reading, std::nullopt);
    }
    if (parts.aliases) {
        ask_aliases(reading, std::nullopt);
    }
    part_is_over(*reading);  // the description, which is there
}

void ContentReads::ask_policy(std::shared_ptr<Reading> reading) {
    io::AccountRegion place = reading->place;
    io::GetKeyPolicyRequest request(reading->arn);
    reads_.ask(std::move(place),
               std::move(request),
               [this, reading = std::move(reading)](const auto& outcome) {
                   reading->read.policy = heard_policy(*reading, outcome);
                   part_is_over(*reading);
               });
}

planner::LookupStatus ContentReads::heard_policy(
    Reading& reading, const FinalOutcome<io::GetKeyPolicyResult>& outcome) {
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        return failure->look;
    }
    std::optional<std::string> policy =
        planner::canonical_policy(std::get<io::GetKeyPolicyResult>(outcome).policy);
    if (!policy) {
        return planner::LookupStatus::unreadable;
    }
    reading.read.content.policy = policies_.share(*std::move(policy));
    return planner::LookupStatus::seen;
}

void ContentReads::ask_tags(std::shared_ptr<Reading> reading, std::optional<std::string> marker) {
    io::AccountRegion place = reading->place;
    io::ListResourceTagsRequest request(reading->arn);
    request.limit = kTagsOfPage;
    request.marker = std::move(marker);
    reads_.ask(std::move(place),
               std::move(request),
               [this, reading = std::move(reading)](const auto& outcome) {
                   heard_tags(reading, outcome);
               });
}

void ContentReads::heard_tags(const std::shared_ptr<Reading>& reading,
                              const FinalOutcome<io::ListResourceTagsResult>& outcome) {
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        tags_are_over(*reading, failure->look);
        return;
    }
    const auto& page = std::get<io::ListResourceTagsResult>(outcome);
    std::vector<io::Tag>& tags = *reading->read.content.tags;
    tags.insert(tags.end(), page.tags.begin(), page.tags.end());
    bool makes_sense = true;
    if (const std::string* marker = marker_behind(page, reading->tag_markers, makes_sense)) {
        ask_tags(reading, *marker);
        return;
    }
    tags_are_over(*reading,
                  makes_sense ? planner::LookupStatus::seen : planner::LookupStatus::no_response);
}

void ContentReads::tags_are_over(Reading& reading, planner::LookupStatus look) {
    if (look == planner::LookupStatus::seen && has_twice(*reading.read.content.tags)) {
        look =
            planner::LookupStatus::no_response;  // they were changed between one page and the next
    }
    reading.read.tags = look;
    std::optional<std::vector<io::Tag>>& tags = reading.read.content.tags;
    if (look == planner::LookupStatus::seen) {
        tags = planner::copyable_tags(*std::move(tags));
    } else {
        tags.reset();  // some of them are not what the key has
    }
    part_is_over(reading);
}

void ContentReads::ask_aliases(std::shared_ptr<Reading> reading,
                               std::optional<std::string> marker) {
    io::AccountRegion place = reading->place;
    io::ListAliasesRequest request;
    request.key_id = reading->arn;
    request.limit = kAliasesOfPage;
    request.marker = std::move(marker);
    reads_.ask(std::move(place),
               std::move(request),
               [this, reading = std::move(reading)](const auto& outcome) {
                   heard_aliases(reading, outcome);
               });
}

void ContentReads::heard_aliases(const std::shared_ptr<Reading>& reading,
                                 const FinalOutcome<io::ListAliasesResult>& outcome) {
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        aliases_are_over(*reading, failure->look);
        return;
    }
    const auto& page = std::get<io::ListAliasesResult>(outcome);
    for (const io::AliasListEntry& alias : page.aliases) {
        reading->read.aliases.push_back(alias.alias_name);
    }
    bool makes_sense = true;
    if (const std::string* marker = marker_behind(page, reading->alias_markers, makes_sense)) {
        ask_aliases(reading, *marker);
        return;
    }
    aliases_are_over(
        *reading, makes_sense ? planner::LookupStatus::seen : planner::LookupStatus::no_response);
}

void ContentReads::aliases_are_over(Reading& reading, planner::LookupStatus look) {
    reading.read.aliases_look = look;
    std::vector<std::string>& names = reading.read.aliases;
    names = look == planner::LookupStatus::seen ? planner::copyable_aliases(std::move(names))
                                                : std::vector<std::string>();
    part_is_over(reading);
}

void ContentReads::part_is_over(Reading& reading) {
    if (--reading.parts_open == 0) {
        reading.done(std::move(reading.read));
    }
}

}  // namespace keyferry::engine
