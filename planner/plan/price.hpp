// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace keyferry::planner {

/// What AWS charges for keys and requests, in US dollars, as the KMS pricing page has it in 2026.
/// Data and not law: Regions, contracts and years differ, so [prices] in a spec overrides it.
struct Prices {
    /// Of each customer managed key, primaries and replicas alike, in any state but those of
    /// scheduled deletion. (Rotated key material cost more until 2024; what it costs since could
    /// not be verified, so it is left out.)
    double key_usd_per_month = 1.0;
    /// Of symmetric requests. That ReplicateKey, CreateKey and DescribeKey are billed like them
    /// could not be verified; the 20,000 free requests a month are left out, since others use them.
    double requests_usd_per_10000 = 0.03;
};

}  // namespace keyferry::planner
