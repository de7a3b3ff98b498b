// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/quota.hpp"

#include <cassert>

namespace keyferry::planner {

double default_quota_per_s(io::KmsApi api) noexcept {
    switch (api) {
        case io::KmsApi::get_parameters_for_import:
            return 1;
        case io::KmsApi::cancel_key_deletion:
        case io::KmsApi::create_alias:
        case io::KmsApi::create_key:
        case io::KmsApi::disable_key:
        case io::KmsApi::disable_key_rotation:
        case io::KmsApi::enable_key:
        case io::KmsApi::get_key_last_usage:
        case io::KmsApi::replicate_key:
        case io::KmsApi::rotate_key_on_demand:
        case io::KmsApi::untag_resource:
        case io::KmsApi::update_alias:
        case io::KmsApi::update_key_description:
        case io::KmsApi::update_primary_region:
            return 5;
        case io::KmsApi::tag_resource:
            return 10;
        case io::KmsApi::delete_alias:
        case io::KmsApi::delete_imported_key_material:
        case io::KmsApi::enable_key_rotation:
        case io::KmsApi::import_key_material:
        case io::KmsApi::put_key_policy:
        case io::KmsApi::schedule_key_deletion:
            return 15;
        case io::KmsApi::create_grant:
        case io::KmsApi::retire_grant:
        case io::KmsApi::revoke_grant:
            return 50;
        case io::KmsApi::generate_data_key_pair:
        case io::KmsApi::generate_data_key_pair_without_plaintext:
        case io::KmsApi::list_grants:
        case io::KmsApi::list_key_policies:
        case io::KmsApi::list_key_rotations:
        case io::KmsApi::list_retirable_grants:
            return 100;
        case io::KmsApi::list_aliases:
        case io::KmsApi::list_keys:
            return 500;
        case io::KmsApi::derive_shared_secret:
        case io::KmsApi::get_key_policy:
        case io::KmsApi::get_key_rotation_status:
        case io::KmsApi::sign:
        case io::KmsApi::verify:
            return 1000;
        case io::KmsApi::describe_key:
        case io::KmsApi::get_public_key:
        case io::KmsApi::list_resource_tags:
            return 2000;
        case io::KmsApi::decrypt:
        case io::KmsApi::encrypt:
        case io::KmsApi::generate_data_key:
        case io::KmsApi::generate_data_key_without_plaintext:
        case io::KmsApi::generate_mac:
        case io::KmsApi::generate_random:
        case io::KmsApi::re_encrypt:
        case io::KmsApi::verify_mac:
            return 10'000;
    }
    assert(!"an API without a quota");
    return 1;
}

double Limits::quota_per_s(const io::AccountRegion& place, io::KmsApi api) const noexcept {
    double quota = default_quota_per_s(api);
    // The specificity of the best match so far: account and Region 3, account 2, Region 1.
    int specificity = -1;
    for (const QuotaOverride& candidate : overrides) {
        const bool matches = candidate.api == api &&
                             (!candidate.account || *candidate.account == place.account) &&
                             (!candidate.region || *candidate.region == place.region);
        const int candidate_specificity = (candidate.account ? 2 : 0) + (candidate.region ? 1 : 0);
        if (matches && candidate_specificity >= specificity) {
            quota = candidate.quota_per_s;
            specificity = candidate_specificity;
        }
    }
    return quota;
}

}  // namespace keyferry::planner
