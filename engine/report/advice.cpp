// SPDX-License-Identifier: Apache-2.0
#include "engine/report/advice.hpp"

#include "io/names/kms_error.hpp"

namespace keyferry::engine {
namespace {

constexpr std::string_view kRetryFailed =
    "Put the cause right, then run again with --retry-failed.";

std::string_view advice_on_conflict() noexcept {
    return "A replica is there, but cannot be used as it is (see its state in the message). "
           "Cancel its deletion or enable it, then run again with --retry-failed.";
}

std::string_view advice_on_failure(io::KmsErrorCode code) noexcept {
    switch (code) {
        case io::KmsErrorCode::access_denied:
            return "The caller needs kms:ReplicateKey on the primary, and kms:CreateKey (with "
                   "tags: kms:TagResource) and kms:DescribeKey in the replica's Region; key "
                   "policy, IAM policy and organization policies all have to allow it. Then run "
                   "again with --retry-failed.";
        case io::KmsErrorCode::not_found:
            return "The primary is not there: check the key id, account and Region in the fleet "
                   "file.";
        case io::KmsErrorCode::disabled:
            return "Enable the primary key, then run again with --retry-failed.";
        case io::KmsErrorCode::kms_invalid_state:
            return "The primary's state does not allow it (pending deletion or import?). Bring it "
                   "to Enabled, then run again with --retry-failed.";
        case io::KmsErrorCode::unsupported_operation:
            return "Only a primary multi-Region key can be replicated, and only to Regions of its "
                   "partition: check which key of the set is the primary now.";
        case io::KmsErrorCode::malformed_policy_document:
            return "Check the policy, and that every principal in it exists in the replica's "
                   "account. A principal made minutes ago may not be seen yet: then run again "
                   "with --retry-failed.";
        case io::KmsErrorCode::tag:
        case io::KmsErrorCode::validation:
        case io::KmsErrorCode::invalid_arn:
            return "The request itself is refused: correct the fleet file, then run again "
                   "with --replan.";
        case io::KmsErrorCode::invalid_client_token:
        case io::KmsErrorCode::opt_in_required:
            return "Enable the Region for the account (Account settings, AWS Regions), or check "
                   "the credentials. Then run again with --retry-failed.";
        default:
            return kRetryFailed;
    }
}

/// What a Region was given up for, as a rule: see job_steps' end_behind_gate().
std::string_view advice_on_deferral(io::KmsErrorCode code) noexcept {
    switch (code) {
        case io::KmsErrorCode::limit_exceeded:
            return "There is no room for further keys in that Region. Have the quota \"KMS keys "
                   "per Region\" raised there (Service Quotas, AWS Key Management Service, "
                   "default 100,000; keys that wait for their deletion count), then run again.";
        case io::KmsErrorCode::access_denied:
            return "KMS refused every replica in that Region. The caller needs kms:ReplicateKey "
                   "on the primaries, and kms:CreateKey (with tags: kms:TagResource) in the "
                   "replicas' Region; service control policies, IAM policies and the primaries' "
                   "key policies all have to allow it. Then run again.";
        case io::KmsErrorCode::throttling:
            return "KMS was asked too fast, perhaps by others of the account too: run again "
                   "later, or with a smaller share of the quotas.";
        case io::KmsErrorCode::service_unavailable:
        case io::KmsErrorCode::request_timeout:
            return "KMS could not be reached, see the message: check the network, --endpoint-url "
                   "and the certificates. Then run again.";
        default:
            return "Nothing is wrong with these: run again to go on with them.";
    }
}

}  // namespace

std::string_view advice_on(JobPhase phase, std::string_view code) {
    // The status only matters for codes that are unknown; 400 makes them `other`.
    const io::KmsErrorCode kms_code = io::kms_error_code(code, 400);
    switch (phase) {
        case JobPhase::failed:
            return advice_on_failure(kms_code);
        case JobPhase::conflict:
            return advice_on_conflict();
        case JobPhase::unknown:
            return code == "StillCreating"
                       ? "A replica is there and not ready yet. Run again: it is looked at anew."
                       : "Whether the replica is there and usable could not be learned. Run again: "
                         "KMS is asked before anything is sent. The caller needs kms:DescribeKey "
                         "in the replica's Region.";
        case JobPhase::deferred:
            return advice_on_deferral(kms_code);
        case JobPhase::untouched:
        case JobPhase::sent:
        case JobPhase::accepted:
        case JobPhase::done:
            break;
    }
    return "Run again to go on.";
}

}  // namespace keyferry::engine
