// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/disposition.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace keyferry::engine {
namespace {

Disposition refused(io::KmsApi api, io::KmsErrorCode code, std::string message = "") {
    return disposition_of(api, io::CallFailure(io::Certainty::refused, code, std::move(message)));
}

TEST(Disposition, repeats_calls_that_set_a_state) {
    for (const io::KmsApi api : {io::KmsApi::put_key_policy,
                                 io::KmsApi::tag_resource,
                                 io::KmsApi::update_key_description,
                                 io::KmsApi::create_alias}) {
        const io::CallFailure lost(io::Certainty::unknown, io::KmsErrorCode::request_timeout, "");
        EXPECT_EQ(disposition_of(api, lost), Disposition::retry);
        EXPECT_EQ(refused(api, io::KmsErrorCode::kms_internal), Disposition::retry);
        EXPECT_EQ(refused(api, io::KmsErrorCode::throttling), Disposition::retry_throttled);
        EXPECT_EQ(refused(api, io::KmsErrorCode::limit_exceeded), Disposition::retry)
            << "if the limit of 50 tags is reached, 100 attempts would not help";
        EXPECT_EQ(refused(api, io::KmsErrorCode::malformed_policy_document),
                  Disposition::retry_policy);
        EXPECT_EQ(refused(api, io::KmsErrorCode::access_denied), Disposition::fail);
        EXPECT_EQ(refused(api, io::KmsErrorCode::not_found), Disposition::absent);
    }
}

TEST(Disposition, is_defined_for_every_code) {
    struct Row {
        io::KmsErrorCode code;
        Disposition replicate;
        Disposition describe;
    };
    using enum io::KmsErrorCode;
    using D = Disposition;
    const std::vector<Row> rows{
        {access_denied, D::fail, D::fail},
        {already_exists, D::adopt, D::fail},
        {conflict, D::fail, D::fail},
        {dependency_timeout, D::reconcile, D::retry},
        {disabled, D::fail, D::fail},
        {expired_import_token, D::fail, D::fail},
        {expired_token, D::end_account, D::end_account},
        {incomplete_signature, D::end_account, D::end_account},
        {incorrect_key_material, D::fail, D::fail},
        {internal_failure, D::reconcile, D::retry},
        {invalid_alias_name, D::fail, D::fail},
        {invalid_arn, D::fail, D::fail},
        {invalid_ciphertext, D::fail, D::fail},
        {invalid_client_token, D::retry, D::fail},
        {invalid_import_token, D::fail, D::fail},
        {invalid_marker, D::fail, D::fail},
        {invalid_signature, D::end_account, D::end_account},
        {key_unavailable, D::reconcile, D::retry},
        {kms_internal, D::reconcile, D::retry},
        {kms_invalid_state, D::fail, D::fail},
        {limit_exceeded, D::retry_limit, D::retry_throttled},
        {malformed_policy_document, D::retry_policy, D::fail},
        {missing_authentication_token, D::end_account, D::end_account},
        {not_found, D::fail, D::absent},
        {opt_in_required, D::fail, D::fail},
        {request_entity_too_large, D::fail, D::fail},
        {request_expired, D::end_account, D::end_account},
        {request_timeout, D::reconcile, D::retry},
        {service_unavailable, D::reconcile, D::retry},
        {tag, D::fail, D::fail},
        {throttling, D::retry_throttled, D::retry_throttled},
        {unknown_operation, D::fail, D::fail},
        {unsupported_operation, D::fail, D::fail},
        {validation, D::fail, D::fail},
        {server_error, D::reconcile, D::retry},
        {other, D::fail, D::fail},
    };
    ASSERT_EQ(rows.size(), static_cast<std::size_t>(other) + 1) << "the table lacks a code";
    for (const Row& row : rows) {
        EXPECT_EQ(refused(io::KmsApi::replicate_key, row.code), row.replicate) << name_of(row.code);
        EXPECT_EQ(refused(io::KmsApi::describe_key, row.code), row.describe) << name_of(row.code);
    }
}

TEST(Disposition, reconciles_unknown_outcomes_before_a_resend) {
    const io::CallFailure failure(io::Certainty::unknown, io::KmsErrorCode::access_denied, "");
    EXPECT_EQ(disposition_of(io::KmsApi::replicate_key, failure), Disposition::reconcile);
    EXPECT_EQ(disposition_of(io::KmsApi::describe_key, failure), Disposition::retry);
}

TEST(Disposition, retries_calls_that_were_never_sent) {
    const io::CallFailure failure(
        io::Certainty::not_sent, io::KmsErrorCode::service_unavailable, "");
    EXPECT_EQ(disposition_of(io::KmsApi::replicate_key, failure), Disposition::retry);
}

FailureClass class_of(io::CallFailure failure,
                      io::FailureCause cause = io::FailureCause::other,
                      int http_status = 0) {
    failure.cause = cause;
    failure.http_status = http_status;
    return failure_class_of(disposition_of(io::KmsApi::replicate_key, failure), failure);
}

TEST(Disposition, of_a_failure_without_response_is_classified_by_its_cause) {
    using io::CallFailure;
    using io::Certainty;
    using io::FailureCause;
    const CallFailure not_sent(Certainty::not_sent, io::KmsErrorCode::service_unavailable, "");
    EXPECT_EQ(class_of(not_sent), FailureClass::unreachable);
    EXPECT_EQ(class_of(not_sent, FailureCause::unknown_host), FailureClass::unusable_endpoint);
    EXPECT_EQ(class_of(not_sent, FailureCause::untrusted_certificate),
              FailureClass::unusable_endpoint);
    EXPECT_EQ(class_of(not_sent, FailureCause::credentials), FailureClass::no_credentials);
    const CallFailure reset(Certainty::unknown, io::KmsErrorCode::service_unavailable, "");
    EXPECT_EQ(class_of(reset), FailureClass::unreachable);
    const CallFailure silent(Certainty::unknown, io::KmsErrorCode::request_timeout, "");
    EXPECT_EQ(class_of(silent), FailureClass::timeout);
}

TEST(Disposition, of_a_response_is_classified_by_its_code) {
    using io::CallFailure;
    using io::Certainty;
    const auto refusal = [](io::KmsErrorCode code) {
        return class_of(CallFailure(Certainty::refused, code, ""), io::FailureCause::other, 400);
    };
    EXPECT_EQ(refusal(io::KmsErrorCode::throttling), FailureClass::throttled);
    EXPECT_EQ(refusal(io::KmsErrorCode::limit_exceeded), FailureClass::key_quota);
    EXPECT_EQ(refusal(io::KmsErrorCode::expired_token), FailureClass::bad_credentials);
    EXPECT_EQ(refusal(io::KmsErrorCode::invalid_client_token), FailureClass::unusable_endpoint)
        << "another Region may accept the same credentials";
    CallFailure foreign(Certainty::refused, io::KmsErrorCode::invalid_client_token, "");
    EXPECT_EQ(class_of(foreign, io::FailureCause::credentials, 400), FailureClass::bad_credentials);
    EXPECT_EQ(refusal(io::KmsErrorCode::access_denied), FailureClass::none);
    EXPECT_EQ(refusal(io::KmsErrorCode::validation), FailureClass::none);
    const CallFailure internal(Certainty::unknown, io::KmsErrorCode::kms_internal, "");
    EXPECT_EQ(class_of(internal, io::FailureCause::other, 500), FailureClass::server_error);
}

TEST(Disposition, missing_credentials_end_the_account) {
    const io::CallFailure failure(
        io::Certainty::not_sent, io::KmsErrorCode::missing_authentication_token, "");
    EXPECT_EQ(disposition_of(io::KmsApi::replicate_key, failure), Disposition::end_account);
    EXPECT_EQ(disposition_of(io::KmsApi::describe_key, failure), Disposition::end_account);
}

TEST(Disposition, of_an_invalid_state_follows_from_the_message) {
    const auto state = [](const char* text) {
        return refused(io::KmsApi::replicate_key, io::KmsErrorCode::kms_invalid_state, text);
    };
    EXPECT_EQ(state("arn:aws:kms:us-east-1:1:key/mrk-1 is creating."), Disposition::wait_for_state);
    EXPECT_EQ(state("arn:aws:kms:us-east-1:1:key/mrk-1 is updating."), Disposition::wait_for_state);
    EXPECT_EQ(state("arn:aws:kms:us-east-1:1:key/mrk-1 is pending deletion."), Disposition::fail);
    EXPECT_EQ(state("arn:aws:kms:us-east-1:1:key/mrk-1 is pending import."), Disposition::fail);
    EXPECT_EQ(state(""), Disposition::fail);
}

}  // namespace
}  // namespace keyferry::engine
