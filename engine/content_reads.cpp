#include "engine/content_reads.hpp"

#include "planner/canonical_policy.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry {

namespace {

constexpr std::int32_t kTagsOfPage = 50;

}  // namespace

/// One key's parts, from when they are asked for until all are there or cannot be.
struct ContentReads::Reading {
    Reading(std::uint32_t key_, const KeyArn& primary)
        : key(key_), place(primary.account, primary.region), arn(primary.text()) {}

    std::uint32_t key;
    Place place;
    std::string arn;
    KeyContent content;
    std::vector<std::string> markers;  ///< of the pages of tags so far
    int parts_open = 0;
    bool is_whole = true;
};

void ContentReads::ask(std::uint32_t key,
                       const KeyArn& primary,
                       const CopiedParts& parts,
                       std::optional<std::string> description) {
    auto reading = std::make_shared<Reading>(key, primary);
    if (parts.description) {
        reading->content.description = std::move(description).value_or("");
    }
    reading->parts_open = 1 + (parts.policy ? 1 : 0) + (parts.tags ? 1 : 0);
    if (parts.policy) {
        ask_policy(reading);
    }
    if (parts.tags) {
        reading->content.tags.emplace();
        ask_tags(reading, std::nullopt);
    }
    part_is_over(*reading);  // the description, which is there
}

void ContentReads::ask_policy(std::shared_ptr<Reading> reading) {
    Place place = reading->place;
    GetKeyPolicyRequest request(reading->arn);
    reads_.get_key_policy(std::move(place),
                          std::move(request),
                          [this, reading = std::move(reading)](const auto& outcome) {
                              const Look look = heard_policy(*reading, outcome);
                              inventory_.keys[reading->key].policy = look;
                              reading->is_whole = reading->is_whole && look == Look::seen;
                              part_is_over(*reading);
                          });
}

Look ContentReads::heard_policy(Reading& reading, const ReadOutcome<GetKeyPolicyResult>& outcome) {
    if (const auto* failure = std::get_if<ReadFailure>(&outcome)) {
        return failure->look;
    }
    std::optional<std::string> policy =
        canonical_policy(std::get<GetKeyPolicyResult>(outcome).policy);
    if (!policy) {
        return Look::unanswered;
    }
    reading.content.policy = policies_.share(*std::move(policy));
    return Look::seen;
}

void ContentReads::ask_tags(std::shared_ptr<Reading> reading, std::optional<std::string> marker) {
    Place place = reading->place;
    ListResourceTagsRequest request(reading->arn);
    request.limit = kTagsOfPage;
    request.marker = std::move(marker);
    reads_.list_resource_tags(std::move(place),
                              std::move(request),
                              [this, reading = std::move(reading)](const auto& outcome) {
                                  heard_tags(reading, outcome);
                              });
}

void ContentReads::heard_tags(const std::shared_ptr<Reading>& reading,
                              const ReadOutcome<ListResourceTagsResult>& outcome) {
    if (const auto* failure = std::get_if<ReadFailure>(&outcome)) {
        tags_are_over(*reading, failure->look);
        return;
    }
    const auto& page = std::get<ListResourceTagsResult>(outcome);
    std::vector<Tag>& tags = *reading->content.tags;
    tags.insert(tags.end(), page.tags.begin(), page.tags.end());
    if (!page.truncated) {
        tags_are_over(*reading, Look::seen);
        return;
    }
    // A list that does not come to its end would be asked for without one.
    std::vector<std::string>& markers = reading->markers;
    if (!page.next_marker || markers.size() + 1 >= kTagPagesMax ||
        std::find(markers.begin(), markers.end(), *page.next_marker) != markers.end()) {
        tags_are_over(*reading, Look::unanswered);
        return;
    }
    markers.push_back(*page.next_marker);
    ask_tags(reading, page.next_marker);
}

void ContentReads::tags_are_over(Reading& reading, Look look) {
    inventory_.keys[reading.key].tags = look;
    reading.is_whole = reading.is_whole && look == Look::seen;
    reading.content.tags = copyable_tags(*std::move(reading.content.tags));
    part_is_over(reading);
}

void ContentReads::part_is_over(Reading& reading) {
    if (--reading.parts_open == 0 && reading.is_whole) {
        inventory_.contents.emplace(reading.key, std::move(reading.content));
    }
}

}  // namespace keyferry
