// SPDX-License-Identifier: Apache-2.0
#include "engine/survey/key_search.hpp"

#include "engine/survey/related_regions.hpp"
#include "planner/fleet/key_selector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

namespace keyferry::engine {

namespace {

constexpr std::int32_t kKeysAPage = 1000;    // the maximum page size of ListKeys
constexpr std::int32_t kAliasesAPage = 100;  // the maximum page size of ListAliases
constexpr std::uint32_t kTagPagesMax = 10;   // a key has up to 50 tags, which fit on one page
constexpr std::size_t kUncheckedNamedMax = 10;
constexpr std::string_view kMultiRegionPrefix = "mrk-";

bool is_primary_region(const planner::FleetGroup& group, const io::Region& region) {
    return std::find(group.primaries.begin(), group.primaries.end(), region) !=
           group.primaries.end();
}

bool is_replica_region(const planner::FleetGroup& group, const io::Region& region) {
    return std::binary_search(group.regions.begin(), group.regions.end(), region);
}

struct PrimaryLess {
    bool operator()(const planner::SelectedKey& a, const io::KeyArn& b) const {
        return a.primary < b;
    }
    bool operator()(const io::KeyArn& a, const planner::SelectedKey& b) const {
        return a < b.primary;
    }
};

bool is_same_key(const io::KeyArn& a, const io::KeyArn& b) {
    return a.account == b.account && a.key_id == b.key_id;
}

}  // namespace

KeySearch::KeySearch(const planner::FleetSpec& fleet, RepeatableCalls& reads)
    : fleet_(fleet), reads_(reads) {
    std::map<io::AccountRegion, std::uint32_t> numbers;
    for (std::uint32_t g = 0; g < fleet.groups.size(); ++g) {
        const planner::FleetGroup& group = fleet.groups[g];
        for (const planner::SpecKey& key : group.keys) {
            listed_.emplace(key.primary.account, key.primary.key_id.text());
        }
        if (!group.select || !group.home) {
            continue;
        }
        for (const io::Region& region : group.primaries) {
            const io::AccountRegion place(group.home->account, region);
            const auto number = static_cast<std::uint32_t>(searched_.size());
            const auto [searched, is_new] = numbers.emplace(place, number);
            if (is_new) {
                searched_.emplace_back(place);
            }
            searched_[searched->second].groups.push_back(g);
        }
    }
}

boost::asio::awaitable<void> KeySearch::run() {
    for (std::uint32_t number = 0; number < searched_.size(); ++number) {
        SearchedRegion& searched = searched_[number];
        reads_.add_source(searched.place, [this, number] { return describe_next(number); });
        searched.lists_open = 1;
        list_keys(number, std::nullopt, 1);
        if (std::any_of(searched.groups.begin(), searched.groups.end(), [&](std::uint32_t g) {
                return !fleet_.groups[g].select->aliases.empty();
            })) {
            ++searched.lists_open;
            list_aliases(number, std::nullopt, 1);
        }
    }
    return reads_.run();
}

KeySearchProgress KeySearch::progress() const {
    KeySearchProgress progress;
    progress.keys_listed = found_.keys_listed;
    progress.keys_seen = keys_seen_;
    progress.calls = reads_.calls();
    return progress;
}

planner::SelectedKeys KeySearch::take_selected() {
    assign_to_one_group();
    found_.calls_by_quota = reads_.calls_by_quota();
    std::erase_if(found_.keys, [this](const planner::SelectedKey& key) {
        return found_.refused_accounts.contains(key.primary.account);  // incomplete
    });
    return std::move(found_);
}

/// A key may have been found in several Regions. It belongs to the first group that has the key's
/// primary Region as a primary Region, or to the first group if there is none.
void KeySearch::assign_to_one_group() {
    using Order =
        std::tuple<const io::KeyArn&, bool, const std::uint32_t&, const std::optional<io::Region>&>;
    const auto order = [this](const planner::SelectedKey& key) {
        const bool is_elsewhere = !is_primary_region(fleet_.groups[key.group], key.primary.region);
        return Order(key.primary, is_elsewhere, key.group, key.moved_from);
    };
    const bool any_moved =
        std::any_of(found_.keys.begin(), found_.keys.end(), [](const planner::SelectedKey& key) {
            return key.moved_from.has_value();
        });
    if (!any_moved && found_.elsewhere.empty()) {
        return;
    }
    std::sort(found_.keys.begin(), found_.keys.end(), [&](const auto& a, const auto& b) {
        return order(a) < order(b);
    });
    const auto repeated =
        std::unique(found_.keys.begin(), found_.keys.end(), [](const auto& a, const auto& b) {
            return is_same_key(a.primary, b.primary);
        });
    found_.keys.erase(repeated, found_.keys.end());
    std::vector<planner::KeyElsewhere>& elsewhere = found_.elsewhere;
    std::stable_sort(elsewhere.begin(), elsewhere.end(), [](const auto& a, const auto& b) {
        return a.primary < b.primary;
    });
    const auto again =
        std::unique(elsewhere.begin(), elsewhere.end(), [](const auto& a, const auto& b) {
            return a.primary == b.primary;
        });
    elsewhere.erase(again, elsewhere.end());
    std::erase_if(elsewhere, [&](const planner::KeyElsewhere& key) {
        return std::binary_search(
            found_.keys.begin(), found_.keys.end(), key.primary, PrimaryLess());
    });
}

/// Returns the marker of the page after `page`, which has number `number` and was requested with
/// `marker`. Returns nullopt after the last page. If the list is endless, the search fails, and
/// nullopt is returned as well.
template <typename Result>
std::optional<std::string> KeySearch::next_marker(const SearchedRegion& searched,
                                                  std::string_view api,
                                                  const Result& page,
                                                  const std::optional<std::string>& marker,
                                                  std::uint32_t number) {
    if (!page.truncated) {
        return std::nullopt;
    }
    std::string_view why;
    if (!page.next_marker || page.next_marker->empty()) {
        why = "a truncated page has no marker for the next page";
    } else if (page.next_marker == marker) {
        why = "a page's marker refers to the same page";
    } else if (number >= kPagesMax) {
        why = "the list of pages is endless";
    } else {
        return page.next_marker;
    }
    FinalFailure failure;
    failure.message = why;
    fail(searched, api, failure);
    return std::nullopt;
}

void KeySearch::list_keys(std::uint32_t number,
                          std::optional<std::string> marker,
                          std::uint32_t page) {
    io::ListKeysRequest request;
    request.limit = kKeysAPage;
    request.marker = marker;
    reads_.ask(searched_[number].place, std::move(request), [=, this](const auto& outcome) {
        SearchedRegion& searched = searched_[number];
        if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
            fail(searched, "ListKeys", *failure);
            return;
        }
        const auto& result = std::get<io::ListKeysResult>(outcome);
        found_.keys_listed += result.keys.size();
        for (const io::KeyListEntry& key : result.keys) {
            if (key.key_id.starts_with(kMultiRegionPrefix)) {
                searched.ids.push_back(key.key_id);
            }
        }
        if (auto next = next_marker(searched, "ListKeys", result, marker, page)) {
            list_keys(number, std::move(next), page + 1);
        } else {
            finish_list(number);
        }
    });
}

void KeySearch::list_aliases(std::uint32_t number,
                             std::optional<std::string> marker,
                             std::uint32_t page) {
    io::ListAliasesRequest request;
    request.limit = kAliasesAPage;
    request.marker = marker;
    reads_.ask(searched_[number].place, std::move(request), [=, this](const auto& outcome) {
        SearchedRegion& searched = searched_[number];
        if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
            fail(searched, "ListAliases", *failure);
            return;
        }
        const auto& result = std::get<io::ListAliasesResult>(outcome);
        for (const io::AliasListEntry& alias : result.aliases) {
            if (alias.target_key_id && alias.target_key_id->starts_with(kMultiRegionPrefix)) {
                searched.aliases[*alias.target_key_id].push_back(alias.alias_name);
            }
        }
        if (auto next = next_marker(searched, "ListAliases", result, marker, page)) {
            list_aliases(number, std::move(next), page + 1);
        } else {
            finish_list(number);
        }
    });
}

void KeySearch::finish_list(std::uint32_t number) {
    SearchedRegion& searched = searched_[number];
    if (--searched.lists_open == 0) {
        // A list that changes while it is read may contain a key twice.
        std::sort(searched.ids.begin(), searched.ids.end());
        searched.ids.erase(std::unique(searched.ids.begin(), searched.ids.end()),
                           searched.ids.end());
        reads_.wake(searched.place);
    }
}

void KeySearch::fail(const SearchedRegion& searched,
                     std::string_view api,
                     const FinalFailure& failure) {
    if (failure.lookup == planner::LookupStatus::no_credentials) {
        found_.refused_accounts.emplace(searched.place.account, failure.message);
        return;
    }
    if (!found_.failure.empty()) {
        return;
    }
    const std::string answer =
        failure.code.empty() ? failure.message : failure.code + ": " + failure.message;
    found_.failure = fmt::format("{} in {} of account {}: {}",
                                 api,
                                 searched.place.region.name(),
                                 searched.place.account.digits(),
                                 answer.empty() ? name_of(failure.lookup) : answer);
    found_.failure_is_denial = failure.lookup == planner::LookupStatus::denied;
    reads_.stop();
}

/// Describes the next key that was listed in an account and Region and that a group may select.
/// Returns false if there is none.
bool KeySearch::describe_next(std::uint32_t number) {
    SearchedRegion& searched = searched_[number];
    while (searched.lists_open == 0 && searched.next_id < searched.ids.size()) {
        const std::size_t id = searched.next_id++;
        std::vector<std::uint32_t> groups = groups_by_name(searched, searched.ids[id]);
        if (!groups.empty()) {
            describe(number, id, std::move(groups));
            return true;
        }
    }
    return false;
}

/// The groups that may select a key, based on its ID and aliases.
std::vector<std::uint32_t> KeySearch::groups_by_name(const SearchedRegion& searched,
                                                     const std::string& id) const {
    std::vector<std::uint32_t> groups;
    if (listed_.contains({searched.place.account, id})) {
        return groups;
    }
    static const std::vector<std::string> kNoNames;
    const auto found = searched.aliases.find(id);
    const std::vector<std::string>& names =
        found == searched.aliases.end() ? kNoNames : found->second;
    for (const std::uint32_t g : searched.groups) {
        const planner::KeySelector& selector = *fleet_.groups[g].select;
        if (planner::matches_aliases(selector, names) &&
            !std::binary_search(selector.except.begin(), selector.except.end(), id)) {
            groups.push_back(g);
        }
    }
    return groups;
}

void KeySearch::describe(std::uint32_t number, std::size_t id, std::vector<std::uint32_t> groups) {
    const SearchedRegion& searched = searched_[number];
    io::Parsed<io::KeyId> key_id = io::KeyId::parse(searched.ids[id]);
    if (!key_id) {
        return;  // not a valid multi-Region key ID
    }
    io::KeyArn arn(searched.place.region, searched.place.account, *std::move(key_id));
    io::DescribeKeyRequest request(arn.text());
    Candidate candidate{
        number, id, std::move(groups), planner::SelectedKey(std::move(arn)), std::nullopt, {}};
    reads_.ask(searched.place,
               std::move(request),
               [this, candidate = std::make_shared<Candidate>(std::move(candidate))](
                   const auto& outcome) { on_description(std::move(*candidate), outcome); });
}

void KeySearch::on_description(Candidate candidate,
                               const FinalOutcome<io::DescribeKeyResult>& outcome) {
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        not_seen(candidate.found.primary, failure->lookup);
        return;
    }
    const io::KeyMetadata& metadata = std::get<io::DescribeKeyResult>(outcome).key_metadata;
    if (metadata.key_id != candidate.found.primary.key_id.text()) {
        not_seen(candidate.found.primary, planner::LookupStatus::no_response);
        return;
    }
    candidate.primary_region = primary_region(metadata, searched_[candidate.searched].place.region);
    if (metadata.multi_region_configuration && !candidate.primary_region) {
        not_seen(candidate.found.primary, planner::LookupStatus::no_response);
        return;
    }
    ++keys_seen_;
    std::erase_if(candidate.groups, [&](std::uint32_t g) {
        return !planner::matches_metadata(*fleet_.groups[g].select, metadata);
    });
    if (candidate.groups.empty()) {
        return;
    }
    candidate.found.state = metadata.key_state.value_or(io::KeyState::other);
    candidate.found.configuration = regions_only(*metadata.multi_region_configuration);
    candidate.found.description = metadata.description;
    const bool needs_tags =
        std::any_of(candidate.groups.begin(), candidate.groups.end(), [&](std::uint32_t g) {
            return !fleet_.groups[g].select->tags.empty();
        });
    if (needs_tags) {
        list_tags(std::move(candidate), std::nullopt, 1);
    } else {
        decide(std::move(candidate));
    }
}

void KeySearch::list_tags(Candidate candidate,
                          std::optional<std::string> marker,
                          std::uint32_t page) {
    io::ListResourceTagsRequest request(candidate.found.primary.text());
    request.marker = marker;
    const io::AccountRegion& place = searched_[candidate.searched].place;
    reads_.ask(
        place,
        std::move(request),
        [this, marker, page, shared = std::make_shared<Candidate>(std::move(candidate))](
            const auto& outcome) {
            if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
                not_seen(shared->found.primary, failure->lookup);
                return;
            }
            const auto& result = std::get<io::ListResourceTagsResult>(outcome);
            shared->tags.insert(shared->tags.end(), result.tags.begin(), result.tags.end());
            if (!result.truncated) {
                decide(std::move(*shared));
            } else if (page < kTagPagesMax && result.next_marker && result.next_marker != marker) {
                list_tags(std::move(*shared), result.next_marker, page + 1);
            } else {
                not_seen(shared->found.primary, planner::LookupStatus::no_response);
            }
        });
}

/// Assigns the key to the first of the groups that select it and that have its primary Region as a
/// primary Region, or else to the first that has it as a replica Region.
void KeySearch::decide(Candidate candidate) {
    std::erase_if(candidate.groups, [&](std::uint32_t g) {
        return !planner::matches_tags(*fleet_.groups[g].select, candidate.tags);
    });
    if (candidate.groups.empty()) {
        return;
    }
    planner::SelectedKey& found = candidate.found;
    const io::Region& region = *candidate.primary_region;
    auto group =
        std::find_if(candidate.groups.begin(), candidate.groups.end(), [&](std::uint32_t g) {
            return is_primary_region(fleet_.groups[g], region);
        });
    if (group == candidate.groups.end()) {
        group =
            std::find_if(candidate.groups.begin(), candidate.groups.end(), [&](std::uint32_t g) {
                return is_replica_region(fleet_.groups[g], region);
            });
    }
    if (group == candidate.groups.end()) {
        found_.elsewhere.emplace_back(found.primary.in(region),
                                      fleet_.groups[candidate.groups.front()].name);
        return;
    }
    found.group = *group;
    if (region != found.primary.region) {
        found.moved_from = found.primary.region;
        found.primary = found.primary.in(region);
        found.configuration = {};
    }
    if (found.moved_from || !fleet_.groups[*group].parameters.copied.description) {
        found.description.reset();
    }
    found_.keys.push_back(std::move(found));
}

/// Handles a key that could not be described. Ignores keys that were deleted between ListKeys and
/// DescribeKey.
void KeySearch::not_seen(const io::KeyArn& key, planner::LookupStatus status) {
    if (status == planner::LookupStatus::no_credentials) {
        found_.refused_accounts.emplace(key.account,
                                        "the credentials were rejected during the search");
        return;
    }
    if (status == planner::LookupStatus::absent) {
        return;
    }
    (status == planner::LookupStatus::denied ? found_.unseen.denied : found_.unseen.no_response) +=
        1;
    if (found_.unseen.first.size() < kUncheckedNamedMax) {
        found_.unseen.first.push_back(key.text());
    }
}

}  // namespace keyferry::engine
