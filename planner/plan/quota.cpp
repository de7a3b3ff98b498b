#include "planner/plan/quota.hpp"

#include <cassert>

namespace keyferry {

double default_quota_per_s(KmsApi api) noexcept {
    switch (api) {
        case KmsApi::get_parameters_for_import:
            return 1;
        case KmsApi::cancel_key_deletion:
        case KmsApi::create_alias:
        case KmsApi::create_key:
        case KmsApi::disable_key:
        case KmsApi::disable_key_rotation:
        case KmsApi::enable_key:
        case KmsApi::replicate_key:
        case KmsApi::rotate_key_on_demand:
        case KmsApi::untag_resource:
        case KmsApi::update_alias:
        case KmsApi::update_key_description:
        case KmsApi::update_primary_region:
            return 5;
        case KmsApi::tag_resource:
            return 10;
        case KmsApi::delete_alias:
        case KmsApi::delete_imported_key_material:
        case KmsApi::enable_key_rotation:
        case KmsApi::import_key_material:
        case KmsApi::put_key_policy:
        case KmsApi::schedule_key_deletion:
            return 15;
        case KmsApi::list_key_policies:
        case KmsApi::list_key_rotations:
            return 100;
        case KmsApi::list_aliases:
        case KmsApi::list_keys:
            return 500;
        case KmsApi::get_key_policy:
        case KmsApi::get_key_rotation_status:
            return 1000;
        case KmsApi::describe_key:
        case KmsApi::list_resource_tags:
            return 2000;
    }
    assert(!"an API without a quota");
    return 1;
}

double Limits::quota_per_s(const Place& place, KmsApi api) const noexcept {
    double quota = default_quota_per_s(api);
    int exactness = -1;  // of the best match so far: account and Region 3, account 2, Region 1
    for (const QuotaOverride& candidate : overrides) {
        const bool matches = candidate.api == api &&
                             (!candidate.account || *candidate.account == place.account) &&
                             (!candidate.region || *candidate.region == place.region);
        const int its_exactness = (candidate.account ? 2 : 0) + (candidate.region ? 1 : 0);
        if (matches && its_exactness >= exactness) {
            quota = candidate.quota_per_s;
            exactness = its_exactness;
        }
    }
    return quota;
}

}  // namespace keyferry
