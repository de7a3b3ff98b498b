// SPDX-License-Identifier: Apache-2.0
#include "engine/survey/survey.hpp"

#include "engine/survey/related_regions.hpp"
#include "planner/review/replica_drift.hpp"

#include <algorithm>
#include <utility>

namespace keyferry::engine {

namespace {

std::vector<planner::JobIndex> first_jobs(const planner::Plan& plan) {
    std::vector<planner::JobIndex> first(plan.keys.size() + 1, 0);
    for (const planner::Job& job : plan.jobs) {
        ++first[job.key + 1];
    }
    for (std::size_t key = 1; key < first.size(); ++key) {
        first[key] += first[key - 1];
    }
    return first;
}

}  // namespace

Survey::Survey(const planner::Plan& plan,
               RepeatableCalls& reads,
               ReadContents read_contents,
               const std::vector<planner::SelectedKey>& found)
    : plan_(plan), reads_(reads), read_contents_(read_contents), first_job_(first_jobs(plan)) {
    inventory_.keys.resize(plan.keys.size());
    for (const planner::SelectedKey& one : found) {
        if (one.moved_from) {
            continue;  // the replica there was described, not the primary
        }
        const auto place = std::lower_bound(
            plan.keys.begin(), plan.keys.end(), one.primary, [](const auto& key, const auto& arn) {
                return key.primary < arn;
            });
        if (place != plan.keys.end() && place->primary == one.primary) {
            known_.emplace(static_cast<std::uint32_t>(place - plan.keys.begin()), &one);
        }
    }
}

boost::asio::awaitable<void> Survey::run() {
    add_places();
    return reads_.run();
}

/// Adds a source of calls for each place, so that no place waits for another.
void Survey::add_places() {
    for (std::uint32_t key = 0; key < plan_.keys.size(); ++key) {
        const io::KeyArn& primary = plan_.keys[key].primary;
        const bool is_first = key == 0 || plan_.keys[key - 1].primary.region != primary.region ||
                              plan_.keys[key - 1].primary.account != primary.account;
        if (is_first) {
            surveyed(io::AccountRegion(primary.account, primary.region)).next_key = key;
        }
        if (key + 1 == plan_.keys.size() || plan_.keys[key + 1].primary.region != primary.region ||
            plan_.keys[key + 1].primary.account != primary.account) {
            surveyed(io::AccountRegion(primary.account, primary.region)).end_key = key + 1;
        }
    }
}

Survey::SurveyedPlace& Survey::surveyed(const io::AccountRegion& place) {
    const auto [found, is_new] = places_.try_emplace(place);
    if (is_new) {
        SurveyedPlace& surveyed = found->second;
        reads_.add_source(place, [this, &surveyed] { return ask_next(surveyed); });
    }
    return found->second;
}

/// Describes the next key of a place. Related keys are described first, so that only a few of them
/// are queued at any time. Returns false if there is no key left.
bool Survey::ask_next(SurveyedPlace& place) {
    if (!place.related.empty()) {
        const RelatedKey related = place.related.front();
        place.related.pop_front();
        describe_related(related);
        return true;
    }
    if (place.next_key == place.end_key) {
        return false;
    }
    const std::uint32_t key = place.next_key++;
    const auto known = known_.find(key);
    if (known == known_.end()) {
        describe_primary_of(key);
    } else {
        use_known_primary(key, *known->second);
    }
    return true;
}

SurveyProgress Survey::progress() const {
    SurveyProgress progress;
    progress.keys = plan_.keys.size();
    progress.keys_seen = keys_seen_;
    progress.calls = reads_.calls();
    return progress;
}

planner::Inventory Survey::take_inventory() {
    inventory_.calls = reads_.calls();
    inventory_.calls_by_quota = reads_.calls_by_quota();
    return std::move(inventory_);
}

void Survey::describe_primary_of(std::uint32_t key) {
    const io::KeyArn& primary = plan_.keys[key].primary;
    reads_.ask(io::AccountRegion(primary.account, primary.region),
               io::DescribeKeyRequest(primary.text()),
               [this, key](const FinalOutcome<io::DescribeKeyResult>& outcome) {
                   on_primary(key, outcome);
               });
}

void Survey::use_known_primary(std::uint32_t key, const planner::SelectedKey& found) {
    planner::InventoryKey& seen = inventory_.keys[key];
    ++keys_seen_;
    seen.lookup = found.lookup;
    if (seen.lookup != planner::LookupStatus::found) {
        if (seen.lookup == planner::LookupStatus::no_credentials) {
            inventory_.refused_accounts.emplace(found.primary.account,
                                                "the account's credentials were rejected");
        }
        return;
    }
    seen.state = found.state;
    seen.is_multi_region = true;
    take_related(key, found.configuration);
    read_contents_of(key, found.description);
}

void Survey::on_primary(std::uint32_t key, const FinalOutcome<io::DescribeKeyResult>& outcome) {
    planner::InventoryKey& seen = inventory_.keys[key];
    ++keys_seen_;
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        seen.lookup = failure->lookup;
        if (seen.lookup == planner::LookupStatus::no_credentials) {
            inventory_.refused_accounts.emplace(plan_.keys[key].primary.account, failure->message);
        } else if (seen.lookup == planner::LookupStatus::no_response) {
            describe_replicas_of(key);
        }
        return;
    }
    const io::KeyMetadata& metadata = std::get<io::DescribeKeyResult>(outcome).key_metadata;
    const bool has_primary = metadata.multi_region_configuration &&
                             metadata.multi_region_configuration->primary_key.has_value();
    const bool is_complete =
        metadata.key_state && metadata.multi_region && (has_primary || !*metadata.multi_region);
    if (metadata.key_id != plan_.keys[key].primary.key_id.text() || !has_regions(metadata) ||
        !is_complete) {
        // the response is about another key, or is invalid or incomplete
        seen.lookup = planner::LookupStatus::no_response;
        return;
    }
    seen.lookup = planner::LookupStatus::found;
    seen.state = metadata.key_state.value_or(io::KeyState::other);
    seen.is_multi_region = metadata.multi_region.value_or(false);
    if (seen.is_multi_region && metadata.multi_region_configuration) {
        take_related(key, *metadata.multi_region_configuration);
    }
    read_contents_of(key, metadata.description);
}

void Survey::read_contents_of(std::uint32_t key, const std::optional<std::string>& description) {
    ContentRequest parts;
    if (is_content_wanted(key)) {
        parts.content = planner::copied_parts(plan_, key);
    }
    parts.aliases = read_contents_ == ReadContents::of_keys_and_replicas && is_primary_here(key) &&
                    planner::alias_spec(plan_, key).copied;
    if (!parts.any()) {
        return;
    }
    contents_.ask(plan_.keys[key].primary, parts, description, [this, key](ContentResult read) {
        planner::InventoryKey& seen = inventory_.keys[key];
        seen.policy = read.policy;
        seen.tags = read.tags;
        seen.aliases = read.aliases_status;
        if (read.content.parts().any() && read.is_content_complete()) {
            inventory_.contents.emplace(key, std::move(read.content));
        }
        if (read.aliases_status == planner::LookupStatus::found) {
            inventory_.aliases.emplace(key, std::move(read.aliases));
        }
    });
}

void Survey::read_replica_content(std::uint32_t key,
                                  std::uint32_t region,
                                  const std::optional<std::string>& description) {
    const std::optional<planner::JobIndex> job = wanted_job(key, inventory_.regions.at(region));
    if (!job || !is_primary_here(key)) {  // there is nothing to compare, and this may be the
                                          // primary itself
        return;
    }
    ContentRequest parts;
    parts.content = planner::stated_parts(plan_, key);
    parts.aliases = planner::alias_spec(plan_, key).any();
    if (parts.any()) {
        contents_.ask(planner::replica_arn(plan_, plan_.jobs[*job]),
                      parts,
                      description,
                      [this, job](auto read) {
                          planner::ReplicaContent replica;
                          replica.worst = read.worst();
                          replica.content = std::move(read.content);
                          replica.aliases = std::move(read.aliases);
                          replica.are_aliases_read =
                              read.aliases_status == planner::LookupStatus::found;
                          inventory_.replicas.emplace(*job, std::move(replica));
                      });
    }
}

bool Survey::is_content_wanted(std::uint32_t key) const {
    const planner::InventoryKey& seen = inventory_.keys[key];
    if (!is_primary_here(key) || !planner::copied_parts(plan_, key).any()) {
        return false;
    }
    return read_contents_ != ReadContents::of_keys_to_replicate ||
           (seen.state == io::KeyState::enabled && lacks_replica(key));
}

/// Whether the primary is in the Region specified in the plan. Only for keys that the plan
/// replicates.
bool Survey::is_primary_here(std::uint32_t key) const {
    const planner::InventoryKey& seen = inventory_.keys[key];
    const bool has_jobs = first_job_[key] < first_job_[key + 1];
    return has_jobs && seen.primary_region != planner::InventoryKey::kNoRegion &&
           inventory_.regions[seen.primary_region] == plan_.keys[key].primary.region.name();
}

bool Survey::lacks_replica(std::uint32_t key) const {
    const std::vector<planner::InventoryReplica>& related = inventory_.keys[key].related;
    const auto has_replica = [&](const io::Region& region) {
        return std::any_of(
            related.begin(), related.end(), [&](const planner::InventoryReplica& replica) {
                return inventory_.regions[replica.region] == region.name();
            });
    };
    for (planner::JobIndex job = first_job_[key]; job < first_job_[key + 1]; ++job) {
        if (!has_replica(plan_.regions[plan_.jobs[job].region])) {
            return true;
        }
    }
    return false;
}

void Survey::take_related(std::uint32_t key, const io::MultiRegionConfiguration& configuration) {
    planner::InventoryKey& seen = inventory_.keys[key];
    const std::string& own_region = plan_.keys[key].primary.region.name();
    std::vector<std::string_view> regions;
    if (configuration.primary_key) {
        seen.primary_region = region_number(configuration.primary_key->region);
        regions.push_back(configuration.primary_key->region);
    }
    for (const io::RelatedKey& replica : configuration.replica_keys) {
        regions.push_back(replica.region);
    }
    std::sort(regions.begin(), regions.end());
    regions.erase(std::unique(regions.begin(), regions.end()), regions.end());
    for (const std::string_view name : regions) {
        if (name == own_region) {
            continue;
        }
        add_related(key, name);
    }
}

/// Describes the replicas of a key whose primary has not been described.
void Survey::describe_replicas_of(std::uint32_t key) {
    if (read_contents_ != ReadContents::of_keys_and_replicas) {
        return;
    }
    for (planner::JobIndex job = first_job_[key]; job < first_job_[key + 1]; ++job) {
        add_related(key, plan_.regions[plan_.jobs[job].region].name());
    }
}

void Survey::add_related(std::uint32_t key, std::string_view region) {
    std::vector<planner::InventoryReplica>& all = inventory_.keys[key].related;
    planner::InventoryReplica related;
    related.region = region_number(region);
    all.push_back(related);
    if (const std::optional<planner::JobIndex> job = wanted_job(key, region)) {
        const io::AccountRegion place = planner::replica_location(plan_, plan_.jobs[*job]);
        surveyed(place).related.push_back(
            RelatedKey{key, static_cast<std::uint32_t>(all.size() - 1)});
        reads_.wake(place);
    }
}

void Survey::describe_related(const RelatedKey& related) {
    const std::uint32_t region = inventory_.keys[related.key].related.at(related.index).region;
    const planner::JobIndex job = wanted_job(related.key, inventory_.regions.at(region)).value();
    const io::KeyArn replica = planner::replica_arn(plan_, plan_.jobs[job]);
    reads_.ask(io::AccountRegion(replica.account, replica.region),
               io::DescribeKeyRequest(replica.text()),
               [this, related](const FinalOutcome<io::DescribeKeyResult>& outcome) {
                   on_related(related, outcome);
               });
}

/// Takes the Region of the primary from the description of a replica, if the primary itself has not
/// been described. Returns false if the description lacks the Region.
bool Survey::take_primary_region(std::uint32_t key,
                                 const io::KeyMetadata& metadata,
                                 const std::string& region) {
    planner::InventoryKey& seen = inventory_.keys[key];
    if (seen.lookup == planner::LookupStatus::found) {
        return true;
    }
    const std::optional<io::Region> primary =
        primary_region(metadata, io::Region::parse(region).value());
    if (primary) {
        seen.primary_region = region_number(primary->name());
    }
    return primary.has_value();
}

void Survey::on_related(const RelatedKey& related,
                        const FinalOutcome<io::DescribeKeyResult>& outcome) {
    const std::uint32_t key = related.key;
    planner::InventoryReplica& seen = inventory_.keys[key].related.at(related.index);
    if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
        seen.lookup = failure->lookup;
        if (seen.lookup == planner::LookupStatus::no_credentials) {
            inventory_.refused_accounts.emplace(plan_.keys[key].primary.account, failure->message);
        }
        return;
    }
    const io::KeyMetadata& metadata = std::get<io::DescribeKeyResult>(outcome).key_metadata;
    if (metadata.key_id != plan_.keys[key].primary.key_id.text() ||
        !take_primary_region(key, metadata, inventory_.regions.at(seen.region))) {
        seen.lookup = planner::LookupStatus::no_response;
        return;
    }
    seen.lookup = planner::LookupStatus::found;
    seen.state = metadata.key_state.value_or(io::KeyState::other);
    seen.deletion_date_s = metadata.deletion_date_s.value_or(0);
    if (read_contents_ == ReadContents::of_keys_and_replicas &&
        (seen.state == io::KeyState::enabled || seen.state == io::KeyState::disabled)) {
        read_replica_content(key, seen.region, metadata.description);
    }
}

std::uint32_t Survey::region_number(std::string_view name) {
    const auto found = region_numbers_.find(name);
    if (found != region_numbers_.end()) {
        return found->second;
    }
    const auto number = static_cast<std::uint32_t>(inventory_.regions.size());
    inventory_.regions.emplace_back(name);
    region_numbers_.emplace(std::string(name), number);
    return number;
}

/// The job that creates the key's replica in that Region, if the plan has one.
std::optional<planner::JobIndex> Survey::wanted_job(std::uint32_t key,
                                                    std::string_view region) const {
    for (planner::JobIndex job = first_job_[key]; job < first_job_[key + 1]; ++job) {
        if (plan_.regions[plan_.jobs[job].region].name() == region) {
            return job;
        }
    }
    return std::nullopt;
}

}  // namespace keyferry::engine
