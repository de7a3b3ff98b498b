// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace keyferry::planner {

/// AWS prices for keys and requests, in US dollars, from the KMS pricing page as of 2026. The
/// actual prices depend on the Region, the contract and the year; [prices] in a spec overrides
/// these defaults.
struct Prices {
    /// The price of a customer managed key, primary or replica, in any state except pending
    /// deletion. (Rotated key material cost extra until 2024; its current price could not be
    /// verified, so it is not included.)
    double key_usd_per_month = 1.0;
    /// The price of symmetric requests. Whether ReplicateKey, CreateKey and DescribeKey are billed
    /// at this rate could not be verified. The 20,000 free requests a month are not deducted,
    /// because other workloads use them.
    double requests_usd_per_10000 = 0.03;
};

}  // namespace keyferry::planner
