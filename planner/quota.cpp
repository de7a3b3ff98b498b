#include "planner/quota.hpp"

#include <cassert>

namespace keyferry {

double default_quota_per_s(KmsApi api) noexcept {
    switch (api) {
        case KmsApi::create_key:
            return 5;
        case KmsApi::describe_key:
            return 2000;
        case KmsApi::get_key_policy:
            return 1000;
        case KmsApi::list_aliases:
        case KmsApi::list_keys:
            return 500;
        case KmsApi::list_resource_tags:
            return 2000;
        case KmsApi::replicate_key:
            return 5;
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
