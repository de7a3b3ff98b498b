#include "engine/content_reads.hpp"

#include "planner/canonical_policy.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry {

namespace {

constexpr std::int32_t kTagsOfPage = 50;

bool has_twice(const std::vector<Tag>& tags) {
    std::vector<std::string_view> keys;
    for (const Tag& tag : tags) {
        keys.push_back(tag.key);
    }
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

}  // namespace

/// One key's parts, from when they are asked for until all are there or cannot be.
struct ContentReads::Reading {
    Reading(const KeyArn& key, std::function<void(ReadContent)> done_)
        : place(key.account, key.region), arn(key.text()), done(std::move(done_)) {}

    Place place;
    std::string arn;
    std::function<void(ReadContent)> done;
    ReadContent read;
    std::vector<std::string> markers;  ///< of the pages of tags so far
    int parts_open = 0;
};

void ContentReads::ask(const KeyArn& key,
                       const CopiedParts& parts,
                       std::optional<std::string> description,
                       std::function<void(ReadContent)> done) {
    auto reading = std::make_shared<Reading>(key, std::move(done));
    if (parts.description) {
        reading->read.content.description = std::move(description).value_or("");
    }
    reading->parts_open = 1 + (parts.policy ? 1 : 0) + (parts.tags ? 1 : 0);
    if (parts.policy) {
        ask_policy(reading);
    }
    if (parts.tags) {
        reading->read.content.tags.emplace();
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
                              reading->read.policy = heard_policy(*reading, outcome);
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
    reading.read.content.policy = policies_.share(*std::move(policy));
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
    std::vector<Tag>& tags = *reading->read.content.tags;
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
    if (look == Look::seen && has_twice(*reading.read.content.tags)) {
        look = Look::unanswered;  // they were changed between one page and the next
    }
    reading.read.tags = look;
    std::optional<std::vector<Tag>>& tags = reading.read.content.tags;
    if (look == Look::seen) {
        tags = copyable_tags(*std::move(tags));
    } else {
        tags.reset();  // some of them are not what the key has
    }
    part_is_over(reading);
}

void ContentReads::part_is_over(Reading& reading) {
    if (--reading.parts_open == 0) {
        reading.done(std::move(reading.read));
    }
}

}  // namespace keyferry
