// SPDX-License-Identifier: Apache-2.0
#include "engine/report/advice.hpp"

#include "io/names/kms_error.hpp"

namespace keyferry::engine {
namespace {

constexpr std::string_view kRetryFailed = "Fix the cause, then run again with --retry-failed.";

std::string_view advice_on_conflict() noexcept {
    return "Another key is in the replica's place (see the message). Correct the fleet file or "
           "remove "
           "that key, then run again with --retry-failed.";
}

std::string_view advice_on_failure(io::KmsErrorCode code) noexcept {
    switch (code) {
        case io::KmsErrorCode::access_denied:
            return "The caller needs kms:ReplicateKey on the primary, and kms:CreateKey (with "
                   "tags: kms:TagResource) and kms:DescribeKey in the replica's Region; the "
                   "key policy, IAM policies and organization policies must all allow them. Then "
                   "run again with --retry-failed.";
        case io::KmsErrorCode::not_found:
            return "The primary does not exist: check the key ID, account and Region in the fleet "
                   "file.";
        case io::KmsErrorCode::disabled:
            return "Enable the primary key, then run again with --retry-failed.";
        case io::KmsErrorCode::kms_invalid_state:
            return "The primary's state does not allow replication: if it is pending import, "
                   "import "
                   "its key material; if it is pending deletion, cancel the deletion and enable "
                   "it. Then run again with --retry-failed.";
        case io::KmsErrorCode::unsupported_operation:
            return "Only a primary multi-Region key can be replicated, and only to Regions of its "
                   "partition: check which key of the set is the primary now.";
        case io::KmsErrorCode::malformed_policy_document:
            return "Check the policy, and that every principal in it exists in the replica's "
                   "account. A principal created minutes ago may not be visible to KMS yet: in "
                   "that "
                   "case, run again with --retry-failed.";
        case io::KmsErrorCode::tag:
        case io::KmsErrorCode::validation:
        case io::KmsErrorCode::invalid_arn:
            return "KMS rejected the request itself: correct the fleet file, then run again "
                   "with --replan.";
        case io::KmsErrorCode::invalid_client_token:
        case io::KmsErrorCode::opt_in_required:
            return "Enable the Region for the account (Account settings, AWS Regions), or check "
                   "the credentials. Then run again with --retry-failed.";
        default:
            return kRetryFailed;
    }
}

/// Usually the reason why an account, endpoint or Region was abandoned: see end_abandoned() in
/// job_steps.
std::string_view advice_on_deferral(io::KmsErrorCode code) noexcept {
    switch (code) {
        case io::KmsErrorCode::limit_exceeded:
            return "The key quota in that Region is used up. Request an increase of \"KMS keys "
                   "per Region\" there (Service Quotas, AWS Key Management Service, default "
                   "100,000; keys pending deletion count), then run again.";
        case io::KmsErrorCode::throttling:
            return "KMS throttled the requests, possibly because of other callers in the "
                   "account: run again later, or with a smaller share of the quotas.";
        case io::KmsErrorCode::expired_token:
        case io::KmsErrorCode::incomplete_signature:
        case io::KmsErrorCode::invalid_signature:
        case io::KmsErrorCode::missing_authentication_token:
        case io::KmsErrorCode::request_expired:
            return "The credentials of the account were not accepted or could not be obtained, see "
                   "the message. Fix or renew them, then run again.";
        case io::KmsErrorCode::invalid_client_token:
            return "This Region does not accept the credentials: enable the Region for the "
                   "account, "
                   "and use session tokens from a Regional STS endpoint. Then run again.";
        case io::KmsErrorCode::dependency_timeout:
        case io::KmsErrorCode::internal_failure:
        case io::KmsErrorCode::kms_internal:
        case io::KmsErrorCode::server_error:
            return "KMS or a proxy in between returned server errors, see the message: check the "
                   "AWS Health Dashboard. Then run again.";
        case io::KmsErrorCode::service_unavailable:
        case io::KmsErrorCode::request_timeout:
            return "KMS could not be reached, see the message: check the network, --endpoint-url "
                   "and the certificates. Then run again.";
        default:
            return "These jobs have not failed: run again to resume them.";
    }
}

/// `state` is KMS's KeyState of a replica that exists.
std::string_view advice_on_state(std::string_view state) {
    if (state == "PendingImport") {
        return "The replicas exist but have no key material: import it into each of them, then run "
               "again.";
    }
    if (state == "Disabled") {
        return "The replicas exist but are disabled: find out why, enable them (EnableKey, or "
               "keyferry sync --part enabled), then run again.";
    }
    if (state == "Enabled") {
        return "The replicas exist and are Enabled, but the spec wants them Disabled: keyferry "
               "sync disables them. Then run again.";
    }
    if (state == "PendingDeletion") {
        return "The replicas exist but are scheduled for deletion: cancel the deletion and enable "
               "them, or wait until they are deleted. Then run again.";
    }
    return "The replicas exist but are not ready yet. Run again to check them again.";
}

}  // namespace

std::string_view advice_on(JobPhase phase, std::string_view code) {
    // The status matters only for unknown codes; 400 maps them to `other`.
    const io::KmsErrorCode kms_code = io::kms_error_code(code, 400);
    switch (phase) {
        case JobPhase::failed:
            return advice_on_failure(kms_code);
        case JobPhase::conflict:
            return advice_on_conflict();
        case JobPhase::unknown:
            return code == "StillCreating"
                       ? "The replica exists but is not ready yet. Run again to check it again."
                       : "Whether the replica exists and is usable could not be determined. Run "
                         "again: it checks the replica in KMS before it sends anything. The caller "
                         "needs "
                         "kms:DescribeKey in the replica's Region.";
        case JobPhase::deferred:
            return code == "NoCredentials"
                       ? advice_on_deferral(io::KmsErrorCode::missing_authentication_token)
                       : advice_on_deferral(kms_code);
        case JobPhase::unusable:
            return advice_on_state(code);
        case JobPhase::blocked:
            return "These replicas cannot be created now, see the message; nothing was sent for "
                   "them. Remove the cause, then run again. A saved plan must be made again.";
        case JobPhase::not_started:
        case JobPhase::sent:
        case JobPhase::accepted:
        case JobPhase::done:
            break;
    }
    return "Run again to resume.";
}

}  // namespace keyferry::engine
